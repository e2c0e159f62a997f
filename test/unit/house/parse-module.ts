import { parseSync } from 'vite';

/** What the house rules want to know about one module. */
export interface ModuleFacts {
  imports: ImportFact[];
  /** Members of `process` and uses of `console`, e.g. `process.exit`, `console`. */
  globals: GlobalFact[];
}

export interface ImportFact {
  specifier: string;
  /** Erased by the compiler: `import type`, `export type … from` or a type `import('…')`. */
  typeOnly: boolean;
  line: number;
}

interface GlobalFact {
  name: string;
  line: number;
}

/** Parses TypeScript or JavaScript and collects its imports and its uses of two globals. */
export function parseModule(text: string): ModuleFacts {
  const facts: ModuleFacts = { imports: [], globals: [] };
  // A launcher's first line is for the shell.
  const code = text.replace(/^#!.*/, (shebang) => ' '.repeat(shebang.length));
  const lineOf = (node: Node) => code.slice(0, node.start ?? 0).split('\n').length;
  const { program, errors } = parseSync('module.ts', code);
  if (errors[0] !== undefined) throw new SyntaxError(errors[0].message);
  visit(program as unknown as Node, undefined, (node, parent) => {
    const imported = importOf(node);
    if (imported !== undefined) facts.imports.push({ ...imported, line: lineOf(node) });
    for (const name of globalsOf(node, parent)) facts.globals.push({ name, line: lineOf(node) });
  });
  return facts;
}

/** A node of the ESTree that the parser returns; which fields it has depends on its type. */
interface Node {
  type: string;
  start?: number;
  [field: string]: unknown;
}

function visit(
  node: Node,
  parent: Node | undefined,
  callback: (node: Node, parent: Node | undefined) => void,
): void {
  callback(node, parent);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) visit(child, node, callback);
    }
  }
}

function importOf(node: Node): { specifier: string; typeOnly: boolean } | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return withSpecifier(node.source, node.importKind === 'type');
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return withSpecifier(node.source, node.exportKind === 'type');
    case 'TSImportType':
      return withSpecifier(node.source, true);
    case 'ImportExpression':
      return withSpecifier(node.source, false);
    case 'TSExternalModuleReference':
      return withSpecifier(node.expression, false);
    case 'CallExpression':
      return isIdentifier(node.callee, 'require') && Array.isArray(node.arguments)
        ? withSpecifier(node.arguments[0], false)
        : undefined;
    default:
      return undefined;
  }
}

function withSpecifier(
  source: unknown,
  typeOnly: boolean,
): { specifier: string; typeOnly: boolean } | undefined {
  if (!isNode(source) || typeof source.value !== 'string') return undefined;
  return { specifier: source.value, typeOnly };
}

function globalsOf(node: Node, parent: Node | undefined): string[] {
  if (isIdentifier(node, 'console') && !isNameOfMember(node, parent)) return ['console'];
  if (node.type === 'MemberExpression' && isProcess(node.object)) {
    return [`process.${memberName(node.property) ?? '*'}`];
  }
  if (node.type === 'VariableDeclarator' && isProcess(node.init)) return namesTaken(node.id);
  if (node.type === 'ImportDeclaration' && isProcessModule(node.source)) {
    return namesImported(node.specifiers);
  }
  return [];
}

/** `globalThis.console` is a use of the global; `report.console` and `{ console: 1 }` are not. */
function isNameOfMember(node: Node, parent: Node | undefined): boolean {
  if (parent?.computed === true) return false;
  if (parent?.type === 'MemberExpression') {
    return parent.property === node && !isIdentifier(parent.object, 'globalThis');
  }
  return parent?.type === 'Property' && parent.key === node && parent.value !== node;
}

function isProcess(node: unknown): boolean {
  if (isIdentifier(node, 'process')) return true;
  return (
    isNode(node) &&
    node.type === 'MemberExpression' &&
    isIdentifier(node.object, 'globalThis') &&
    memberName(node.property) === 'process'
  );
}

function isProcessModule(source: unknown): boolean {
  return isNode(source) && (source.value === 'node:process' || source.value === 'process');
}

/** `const { exit } = process`, or `const p = process`, which takes everything. */
function namesTaken(target: unknown): string[] {
  if (!isNode(target) || target.type !== 'ObjectPattern') return ['process.*'];
  return nodesOf(target.properties).map(({ key }) => `process.${memberName(key) ?? '*'}`);
}

function namesImported(specifiers: unknown): string[] {
  return nodesOf(specifiers)
    .filter(({ type }) => type === 'ImportSpecifier')
    .map(({ imported }) => `process.${memberName(imported) ?? '*'}`);
}

function memberName(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  const name = node.type === 'Identifier' ? node.name : node.value;
  return typeof name === 'string' ? name : undefined;
}

function isIdentifier(node: unknown, name: string): boolean {
  return isNode(node) && node.type === 'Identifier' && node.name === name;
}

function nodesOf(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}
