/** Which names Linux, a file system path and a command line can all live with. */

const encoder = new TextEncoder();

/** IFNAMSIZ − 1 (linux/if.h). */
export const MAX_INTERFACE_NAME = 15;

/** Null when the name is good, else why it is not, to follow the quoted name: `contains "/"`. */
export function nodeNameFault(name: string, longest = 63): string | null {
  if (name === "") return "is empty";
  if (name === "." || name === "..") return "is not a name but a directory";
  if (name.includes("/")) return 'contains "/"';
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name))
    return "may only have letters, digits, “_”, “.” and “-”, and starts with a letter or digit";
  if (name.length > longest) return `has ${name.length} characters, at most ${longest} are allowed`;
  return null;
}

/** Lab names go into file and socket paths, so they are shorter. */
export function labNameFault(name: string): string | null {
  return nodeNameFault(name, 40);
}

/** dev_valid_name() in net/core/dev.c, and the names that sysctl or netloom itself gives a meaning to. */
export function interfaceNameFault(name: string): string | null {
  if (name === "") return "is empty";
  if (name === "." || name === "..") return "is not a name but a directory";
  if (name === "lo") return "is the loopback interface, which every node has";
  if (name === "all" || name === "default") return "means every interface in sysctl, not one";
  const bad = /[/:%\s\p{Cc}]/u.exec(name)?.[0];
  if (bad !== undefined) return `contains ${JSON.stringify(bad)}`;
  const bytes = encoder.encode(name).length;
  if (bytes > MAX_INTERFACE_NAME) return `is ${bytes} bytes long, Linux allows ${MAX_INTERFACE_NAME}`;
  return null;
}

/** A lab name from a file's name (`<stdin>` is one): what is not allowed becomes `-`, and falls off at the ends. */
export function labNameFrom(text: string): string {
  const name = text
    .replaceAll(/[^A-Za-z0-9_.-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 40)
    .replace(/-+$/, "");
  return labNameFault(name) === null ? name : "lab";
}
