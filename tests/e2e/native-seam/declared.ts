/** What src/native.ts declares, read by the TypeScript compiler, and whether a value that came from the addon is that. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const file = fileURLToPath(new URL('../../../src/native.ts', import.meta.url));
const program = ts.createProgram([file], { strict: true, target: ts.ScriptTarget.ES2023, types: ['node'] });
const checker = program.getTypeChecker();
const source = program.getSourceFile(file);

function declared(name: string): ts.Type {
  const symbols = source ? checker.getExportsOfModule(checker.getSymbolAtLocation(source) as ts.Symbol) : [];
  const symbol = symbols.find((one) => one.name === name);
  if (!symbol) throw new Error(`src/native.ts declares no ${name}`);
  return checker.getDeclaredTypeOfSymbol(symbol);
}

/** Names of an interface's members. */
export function membersOf(name: string): string[] {
  return checker
    .getPropertiesOfType(declared(name))
    .map((member) => member.name)
    .sort();
}

/** Where the value is not what is declared: members that are missing, unknown, or of another kind. */
export function differences(value: unknown, name: string): string[] {
  return compare(value, declared(name), name);
}

function compare(value: unknown, type: ts.Type, at: string): string[] {
  if (type.isUnion()) {
    const found = type.types.map((one) => compare(value, one, at));
    return found.find((one) => one.length === 0) ?? found.sort((a, b) => a.length - b.length)[0] ?? [];
  }
  if (type.isStringLiteral()) return value === type.value ? [] : [`${at}: expected ${type.value}`];
  if (type.flags & ts.TypeFlags.String) return ofKind(value, 'string', at);
  if (type.flags & ts.TypeFlags.Number) return ofKind(value, 'number', at);
  if (type.flags & ts.TypeFlags.BooleanLiteral) return ofKind(value, 'boolean', at);
  if (type.flags & ts.TypeFlags.Undefined) return value === undefined ? [] : [`${at}: expected nothing`];
  if (type.symbol?.name === 'Buffer') return Buffer.isBuffer(value) ? [] : [`${at}: expected a Buffer`];
  if (checker.isArrayLikeType(type)) return compareItems(value, type, at);
  return compareMembers(value, type, at);
}

function ofKind(value: unknown, kind: string, at: string): string[] {
  return typeof value === kind ? [] : [`${at}: expected a ${kind}, received ${typeof value}`];
}

function compareItems(value: unknown, type: ts.Type, at: string): string[] {
  if (!Array.isArray(value)) return [`${at}: expected an array`];
  const item = checker.getIndexTypeOfType(type, ts.IndexKind.Number) as ts.Type;
  return value.flatMap((one, index) => compare(one, item, `${at}[${index}]`));
}

function compareMembers(value: unknown, type: ts.Type, at: string): string[] {
  if (typeof value !== 'object' || value === null) return [`${at}: expected an object`];
  const members = checker.getPropertiesOfType(type);
  const names = new Set(members.map((member) => member.name));
  const unknown = Object.keys(value).filter((key) => !names.has(key));
  return [
    ...unknown.map((key) => `${at}.${key}: not declared`),
    ...members.flatMap((member) => {
      const optional = (member.flags & ts.SymbolFlags.Optional) !== 0;
      const given = (value as Record<string, unknown>)[member.name];
      if (given === undefined) return optional ? [] : [`${at}.${member.name}: missing`];
      return compare(given, checker.getTypeOfSymbol(member), `${at}.${member.name}`);
    }),
  ];
}
