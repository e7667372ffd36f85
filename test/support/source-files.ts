import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import ts from 'typescript'
import { root } from './project.ts'

export interface SourceImport {
  /** Relative to the repository for our own files, else the package's name. */
  readonly target: string
  readonly isTypeOnly: boolean
}

export interface SourceFunction {
  /** Its own name, or that of the variable or member that holds it. */
  readonly name: string
  /** Without the lines of the functions inside it, which count for themselves. */
  readonly ownLines: number
  readonly parameters: number
  /** How deep blocks stand in one another. */
  readonly nesting: number
}

export interface SourceFile {
  /** `src/session/state.ts` */
  readonly path: string
  readonly lines: number
  readonly imports: readonly SourceImport[]
  /** Names used as values that are declared nowhere in the file: what it takes from the platform. */
  readonly globals: ReadonlySet<string>
  readonly functions: readonly SourceFunction[]
}

const isTypeOnlyClause = (clause: ts.ImportClause | undefined): boolean => {
  if (!clause) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const { name, namedBindings } = clause
  if (name || !namedBindings || !ts.isNamedImports(namedBindings)) return false
  return namedBindings.elements.length > 0 && namedBindings.elements.every(element => element.isTypeOnly)
}

const isTypeOnlyExport = ({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean =>
  isTypeOnly ||
  (exportClause !== undefined &&
    ts.isNamedExports(exportClause) &&
    exportClause.elements.every(element => element.isTypeOnly))

const readImports = (file: ts.SourceFile, path: string): readonly SourceImport[] => {
  const imports: SourceImport[] = []
  const add = (specifier: ts.Node | undefined, isTypeOnly: boolean) => {
    if (!specifier || !ts.isStringLiteral(specifier)) return
    const { text } = specifier
    imports.push({ target: text.startsWith('.') ? posix.join(posix.dirname(path), text) : text, isTypeOnly })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnlyClause(node.importClause))
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, isTypeOnlyExport(node))
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return imports
}

/** Names that stand as the start of an expression, and what is read of `globalThis`. */
const readGlobals = (file: ts.SourceFile): ReadonlySet<string> => {
  const used = new Set<string>()
  const declared = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return
    const isNamed = ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node)
    if ((isNamed || ts.isFunctionDeclaration(node) || ts.isImportSpecifier(node)) && node.name) {
      if (ts.isIdentifier(node.name)) declared.add(node.name.text)
    }
    if (ts.isPropertyAccessExpression(node)) {
      if (node.expression.getText(file) === 'globalThis') used.add(node.name.text)
      visit(node.expression)
      return
    }
    if (ts.isPropertyAssignment(node)) {
      visit(node.initializer)
      return
    }
    if (ts.isIdentifier(node)) used.add(node.text)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return new Set([...used].filter(name => !declared.has(name)))
}

type FunctionWithBody = ts.SignatureDeclaration & { readonly body: ts.Node }
const isFunction = (node: ts.Node): node is FunctionWithBody =>
  ts.isFunctionLike(node) && 'body' in node && node.body !== undefined

const nameOf = ({ name, parent }: ts.SignatureDeclaration, file: ts.SourceFile): string => {
  if (name) return name.getText(file)
  const isNamed = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
  return isNamed ? parent.name.getText(file) : 'anonymous'
}

const isBlock = (node: ts.Node): boolean =>
  ts.isIfStatement(node) ||
  ts.isIterationStatement(node, false) ||
  ts.isTryStatement(node) ||
  ts.isSwitchStatement(node)

/** `else if` stands beside its `if`. */
const isElseIf = (node: ts.Node): boolean => ts.isIfStatement(node.parent) && node.parent.elseStatement === node

const measureFunction = (measured: FunctionWithBody, file: ts.SourceFile): SourceFunction => {
  const lineAt = (position: number) => file.getLineAndCharacterOfPosition(position).line
  const linesOf = (node: ts.Node) => lineAt(node.end) - lineAt(node.getStart(file)) + 1
  let ownLines = linesOf(measured)
  let nesting = 0
  const visit = (node: ts.Node, depth: number): void => {
    if (isFunction(node)) {
      ownLines -= linesOf(node) - 1
      return
    }
    const inside = isBlock(node) && !isElseIf(node) ? depth + 1 : depth
    nesting = Math.max(nesting, inside)
    ts.forEachChild(node, child => visit(child, inside))
  }
  visit(measured.body, 0)
  return { name: nameOf(measured, file), ownLines, parameters: measured.parameters.length, nesting }
}

const readFunctions = (file: ts.SourceFile): readonly SourceFunction[] => {
  const functions: SourceFunction[] = []
  const visit = (node: ts.Node): void => {
    if (isFunction(node)) functions.push(measureFunction(node, file))
    ts.forEachChild(node, visit)
  }
  visit(file)
  return functions
}

/** The library's own files, as the compiler reads them. */
export const readSourceFiles = (): readonly SourceFile[] =>
  globSync('src/**/*.{ts,tsx}', { cwd: root })
    .sort()
    .map(path => {
      const text = readFileSync(root + path, 'utf8')
      const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
      const lines = text.trimEnd().split('\n').length
      return {
        path,
        lines,
        imports: readImports(file, path),
        globals: readGlobals(file),
        functions: readFunctions(file),
      }
    })
