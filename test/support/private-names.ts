import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import ts from 'typescript'
import { root } from './project.ts'

/** Where private names are declared: the rooms of which every client carries something, and what is built against their parts. */
const inside =
  /^(?:(?:platform|time|http|tabs|session|schemes|refresh|request|login|client)\/[^/]+|schemes\/dpop\/(?:dpop|servers|token-transport)|testing\/(?:test|control)-client)\.ts$/

/**
 * Names that leave the program, or come from outside: stored, sent to other tabs, read from what an app or a server gives, or
 * of objects that another copy of the library may have made (a page may have two of them, of other versions or formats).
 */
const outside = [
  'schemes/scheme.ts',
  'refresh/strategy.ts',
  'session/events.ts#Emitter',
  'session/events.ts#Listeners',
  'session/session-store.ts',
  'session/credentials.ts',
  'tabs/tab-channel.ts',
  'login/login-notifier.ts#LastCall',
  'client/check-options.ts#foreign',
  'refresh/judge-failure.ts#Thrown',
]

type NamedNode = ts.Node & { readonly name: ts.Identifier }

const isNamedMember = (node: ts.Node): node is NamedNode =>
  (ts.isPropertySignature(node) ||
    ts.isMethodSignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isAccessor(node) ||
    ts.isPropertyAssignment(node) ||
    ts.isShorthandPropertyAssignment(node)) &&
  ts.isIdentifier(node.name)

/** `platform`: the shape that a value is taken to have (`as { prerendering?: boolean }`). It is of something from outside. */
const platform = '(as)'

/** The names of all members that are declared in a file, by the declaration at its top that they stand in. */
function visitMembers(file: ts.SourceFile, found: (name: string, place: string) => void): void {
  const visit = (node: ts.Node, place: string): void => {
    if (isNamedMember(node)) found(node.name.text, place)
    ts.forEachChild(node, child => {
      const isShape = ts.isAsExpression(node) && child === node.type
      visit(child, isShape ? platform : place)
    })
  }
  for (const statement of file.statements) {
    const declared = ts.isVariableStatement(statement) ? statement.declarationList.declarations[0] : statement
    const name = declared && (declared as Partial<NamedNode>).name
    visit(statement, name && ts.isIdentifier(name) ? name.text : '')
  }
}

function visitTexts(file: ts.SourceFile, found: (text: string) => void): void {
  const visit = (node: ts.Node): void => {
    // Not in types: `Pick<Ports, 'clock'>` is gone when the program runs.
    if (ts.isLiteralTypeNode(node)) return
    if (ts.isStringLiteralLike(node)) found(node.text)
    ts.forEachChild(node, visit)
  }
  visit(file)
}

/** Names that are taken from an object with any names: `const { error } = answer as Record<string, unknown>`. */
function visitUntyped(file: ts.SourceFile, checker: ts.TypeChecker, found: (name: string) => void): void {
  const visit = (node: ts.Node): void => {
    if (ts.isObjectBindingPattern(node)) {
      const type = checker.getTypeAtLocation(node)
      for (const { name, propertyName = name } of node.elements)
        if (ts.isIdentifier(propertyName) && !type.getProperty(propertyName.text)) found(propertyName.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
}

function visitNames(file: ts.SourceFile, found: (name: string) => void): void {
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) found(node.text)
    ts.forEachChild(node, visit)
  }
  visit(file)
}

/** Every name in the public declarations. */
function publicNames(): ReadonlySet<string> {
  const names = new Set<string>()
  for (const name of readdirSync(`${root}dist`).filter(file => file.endsWith('.d.ts'))) {
    const text = readFileSync(`${root}dist/${name}`, 'utf8')
    visitNames(ts.createSourceFile(name, text, ts.ScriptTarget.Latest), found => names.add(found))
  }
  return names
}

interface DeclaredNames {
  /** Declared in the core. */
  readonly own: ReadonlySet<string>
  /** In the public declarations, the platform's types, a package's types or the other entries, written as a text, stored or sent. */
  readonly kept: ReadonlySet<string>
}

/** The names of members, after a build, whose declarations are read. */
export function readNames(): DeclaredNames {
  const { fileNames, options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(`${root}tsconfig.build.json`, ts.sys.readFile).config,
    ts.sys,
    root,
  )
  const own = new Set<string>()
  const kept = new Set(publicNames())
  const program = ts.createProgram(fileNames, options)
  for (const file of program.getSourceFiles()) {
    const path = file.fileName.startsWith(`${root}src/`) ? file.fileName.slice(`${root}src/`.length) : undefined
    // The doctor is built alone, and keeps all its names.
    if (path?.startsWith('doctor/') || path === 'cli.ts') continue
    if (path !== undefined) {
      visitTexts(file, text => kept.add(text))
      visitUntyped(file, program.getTypeChecker(), name => kept.add(name))
    }
    visitMembers(file, (name, place) => {
      const isOwn = path && inside.test(path) && ![path, `${path}#${place}`].some(at => outside.includes(at))
      if (isOwn && place !== platform) own.add(name)
      else kept.add(name)
    })
  }
  return { own, kept }
}

const listPath = `${root}test/support/private-names.json`

/** The names that the build shortens, for which see `tsup.config.ts` beside this file. */
export const readList = (): readonly string[] => JSON.parse(readFileSync(listPath, 'utf8'))

/** After a build: `node test/support/private-names.ts`. */
if (import.meta.main) {
  const { own, kept } = readNames()
  const names = [...own].filter(name => !kept.has(name)).sort()
  writeFileSync(listPath, `${JSON.stringify(names, null, 2)}\n`)
}
