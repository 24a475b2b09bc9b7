/** What TypeScript makes of the package's declarations, asked as an editor asks it. */

import path from "node:path";
import { type Node, SyntaxKind } from "typescript/unstable/ast";
import { API, type Project, type Symbol, SymbolFlags } from "typescript/unstable/sync";

const DECLARATIONS: readonly SyntaxKind[] = [
  SyntaxKind.InterfaceDeclaration,
  SyntaxKind.TypeAliasDeclaration,
  SyntaxKind.ClassDeclaration,
  SyntaxKind.EnumDeclaration,
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.VariableDeclaration,
];

export class Declarations {
  readonly #api: API;
  readonly #project: Project;

  constructor(config: string) {
    this.#api = new API({ cwd: path.dirname(config) });
    this.#project = this.#api.updateSnapshot({ openProjects: [config] }).getProjects()[0]!;
  }

  close(): void {
    this.#api.close();
  }

  /** What is wrong, as tsc says it. */
  problems(): string[] {
    return this.#project.program.getSemanticDiagnostics().map(({ fileName, text }) => `${fileName}: ${text}`);
  }

  /**
   * Of each module that a file imports: what its exports mention of the package without the module exporting it too, as
   * `Mentioned in Export`.
   */
  unexported(file: string, folder: string): Record<string, string[]> {
    const { program, checker } = this.#project;
    const found: Record<string, string[]> = {};
    for (const specifier of nodesOf(program.getSourceFile(file)!, SyntaxKind.StringLiteral)) {
      const module = checker.getSymbolAtLocation(specifier);
      if (module === undefined) continue;
      const exported = checker.getExportsOfModule(module).map((symbol) => this.#resolved(symbol));
      const names = new Set(exported.map(({ id }) => id));
      const missing = exported.flatMap((symbol) =>
        this.#mentioned(symbol, folder)
          .filter(({ id }) => !names.has(id))
          .map(({ name }) => `${name} in ${symbol.name}`),
      );
      found[(specifier as Node & { readonly text: string }).text] = [...new Set(missing)];
    }
    return found;
  }

  /** Of each module that a file imports: the exports that an editor says nothing of. Constants have the kernel's names. */
  undescribed(file: string): Record<string, string[]> {
    const { program, checker } = this.#project;
    const found: Record<string, string[]> = {};
    for (const specifier of nodesOf(program.getSourceFile(file)!, SyntaxKind.StringLiteral)) {
      const module = checker.getSymbolAtLocation(specifier);
      if (module === undefined) continue;
      const exported = checker.getExportsOfModule(module).filter(({ name }) => !/^[A-Z0-9_]+$/.test(name));
      found[(specifier as Node & { readonly text: string }).text] = exported
        .filter((symbol) => this.#resolved(symbol).getDocumentationComment(checker) === "")
        .map(({ name }) => name);
    }
    return found;
  }

  /** The keys of all types of a file, with the text that an editor shows. */
  keys(file: string): { readonly name: string; readonly description: string }[] {
    const { program, checker } = this.#project;
    return nodesOf(program.getSourceFile(file)!, SyntaxKind.PropertySignature).map((node) => {
      const symbol = checker.getSymbolAtLocation((node as Node & { readonly name: Node }).name)!;
      return { name: symbol.name, description: symbol.getDocumentationComment(checker) };
    });
  }

  #mentioned(symbol: Symbol, folder: string): Symbol[] {
    const identifiers = symbol.declarations.flatMap((one) => nodesOf(one.resolve()!, SyntaxKind.Identifier));
    const symbols = this.#project.checker.getSymbolAtLocation(identifiers);
    return symbols
      .filter((one) => one !== undefined)
      .map((one) => this.#resolved(one))
      .filter(({ declarations: [first] }) => {
        return first !== undefined && first.path.startsWith(folder) && DECLARATIONS.includes(first.kind);
      });
  }

  #resolved(symbol: Symbol): Symbol {
    return symbol.flags & SymbolFlags.Alias ? this.#project.checker.getAliasedSymbol(symbol) : symbol;
  }
}

function nodesOf(node: Node, kind: SyntaxKind, found: Node[] = []): Node[] {
  if (node.kind === kind) found.push(node);
  node.forEachChild((child) => void nodesOf(child, kind, found));
  return found;
}
