"use strict";
/*
 * V8's compiled form of the program, kept between runs: with it a command starts in half the time. It is made on first
 * use, and made again with more in it the first time that another command runs: V8 compiles a function when it is first
 * called, and a cache holds what was compiled when it was written.
 *
 * Whoever can write a cache decides what the next run executes. So there are two places for it, and no others: beside the
 * program, if we can write there and nobody but the folder's owner can (who could as well replace the program itself);
 * else a folder of our own, closed to everybody else, in the user's cache directory. A cache is a convenience: where
 * there is no such place, or the disk is full, the program is compiled anew each time, as if there were none.
 */
const fs = require("fs");
const path = require("path");
const vm = require("vm");

/** Bytes of the line that program and cache begin with: V8 itself compares no more than the length of the source. */
const FINGERPRINT = 34;
/** A program that has run for longer may have dropped compiled functions; milliseconds. */
const YOUNG = 10_000;
/** A file that is still being written after this time was left by a process that was killed; milliseconds. */
const ABANDONED = 10_000;

/**
 * Compiles `source`, the text of `program`, with the help of the cache of that name (`cli` or `hold`). Returns the script,
 * and what to call after something was used: the cache is written anew if it was not made with that.
 */
exports.compile = function compile(program, source, name) {
  const place = findPlace(path.dirname(program));
  const fingerprint = source.slice(0, FINGERPRINT);
  const kept = place && read(place, `${name}.cache`, fingerprint);
  const script = new vm.Script(source, { filename: program, cachedData: kept && kept.data });
  const begun = performance.now();
  const uses = new Set(kept && !script.cachedDataRejected ? kept.uses : []);
  const remember = (use) => {
    if (!place || uses.has(use) || performance.now() - begun > YOUNG) return;
    uses.add(use);
    const header = Buffer.from(`${fingerprint}${[...uses].join(" ")}\n`, "latin1");
    write(place, `${name}.cache`, Buffer.concat([header, script.createCachedData()]));
  };
  return { script, remember };
};

/** Where caches are; undefined if there is no safe place. `seen` is absent of a folder that has yet to be made. */
function findPlace(beside) {
  const stat = look(beside);
  if (stat && (stat.mode & 0o022) === 0 && isWritable(beside)) return { folder: beside, seen: stat };
  const home = process.env.HOME && path.join(process.env.HOME, ".cache");
  const caches = process.env.XDG_CACHE_HOME || home;
  if (!caches || !path.isAbsolute(caches)) return undefined;
  const folder = path.join(caches, "netloom");
  const seen = look(folder);
  return seen && !isPrivate(seen) ? undefined : { folder, seen };
}

/**
 * A holder asks this before its user ids are mapped, when all owners look alike. It can then open a folder that is closed
 * to others only if it is the owner, since it has no privileges over files yet.
 */
function isPrivate(stat) {
  return stat.isDirectory() && stat.uid === process.geteuid() && (stat.mode & 0o077) === 0;
}

/**
 * Calls `act` with a path to the very folder that was looked at: what is at its path may have been exchanged, or this
 * process may have moved to another mount namespace. Undefined if so.
 */
function within(place, act) {
  const fd = fs.openSync(place.folder, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW);
  try {
    const { dev, ino } = fs.fstatSync(fd);
    return dev === place.seen.dev && ino === place.seen.ino ? act(`/proc/self/fd/${fd}`) : undefined;
  } finally {
    fs.closeSync(fd);
  }
}

function read(place, name, fingerprint) {
  if (!place.seen) return undefined;
  try {
    const bytes = within(place, (folder) => readPlain(`${folder}/${name}`));
    const end = bytes ? bytes.indexOf(10, FINGERPRINT) : -1;
    if (end < 0 || bytes.latin1Slice(0, FINGERPRINT) !== fingerprint) return undefined;
    return { uses: bytes.latin1Slice(FINGERPRINT, end).split(" "), data: bytes.subarray(end + 1) };
  } catch {
    return undefined; // not there yet, or not ours to read
  }
}

/** No symbolic link, and nothing that others can write. */
function readPlain(file) {
  const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
  try {
    return (fs.fstatSync(fd).mode & 0o022) === 0 ? fs.readFileSync(fd) : undefined;
  } finally {
    fs.closeSync(fd);
  }
}

function write(place, name, bytes) {
  try {
    if (!place.seen) makeFolder(place);
    if (place.seen) within(place, (folder) => replace(`${folder}/${name}`, bytes));
  } catch {
    // A folder that a cache cannot be written to, or a full disk.
  }
}

function replace(file, bytes) {
  const temporary = `${file}.new`;
  const other = look(temporary);
  if (other && Date.now() - other.mtimeMs > ABANDONED) fs.rmSync(temporary);
  else if (other) return; // another process is writing it
  fs.writeFileSync(temporary, bytes, { flag: "wx", mode: 0o644 });
  fs.renameSync(temporary, file);
}

/** Only where the user's own files are: run by sudo, the user's home is not root's to put folders into. */
function makeFolder(place) {
  let above = path.dirname(place.folder);
  while (!fs.existsSync(above)) above = path.dirname(above);
  if (fs.statSync(above).uid !== process.geteuid()) return;
  fs.mkdirSync(place.folder, { recursive: true, mode: 0o700 });
  const made = fs.lstatSync(place.folder);
  if (isPrivate(made)) place.seen = made;
}

function isWritable(folder) {
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function look(file) {
  return fs.lstatSync(file, { throwIfNoEntry: false });
}
