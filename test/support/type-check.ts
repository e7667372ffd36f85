import { dirname } from 'node:path'
import ts from 'typescript'
import { root } from './project.ts'

export interface TypeSettings {
  /** How imports are found: as Node does, or as bundlers do. */
  readonly resolution: 'nodenext' | 'bundler'
  readonly exactOptionalPropertyTypes: boolean
}

/** Every combination that apps have. */
export const typeSettings: readonly TypeSettings[] = (['nodenext', 'bundler'] as const).flatMap(resolution =>
  [true, false].map(exactOptionalPropertyTypes => ({ resolution, exactOptionalPropertyTypes })),
)

const toCompilerOptions = ({ resolution, exactOptionalPropertyTypes }: TypeSettings): ts.CompilerOptions => ({
  ...(resolution === 'nodenext'
    ? { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }
    : { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }),
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
  jsx: ts.JsxEmit.ReactJSX,
  strict: true,
  exactOptionalPropertyTypes,
  noUncheckedIndexedAccess: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noEmit: true,
  types: [],
})

const describeDiagnostic = ({ file, start = 0, messageText }: ts.Diagnostic): string => {
  const message = ts.flattenDiagnosticMessageText(messageText, ' ')
  if (!file) return message
  const { line } = file.getLineAndCharacterOfPosition(start)
  return `${file.fileName.replace(root, '')}:${line + 1} ${message}`
}

/**
 * Compiles files against the built declarations, found by the package's own name as an app finds them.
 *
 * @param files texts by path, relative to the repository; they need not exist
 * @returns what the compiler says of them and of our declarations; other packages' own faults are left out
 */
export const checkTypes = (files: Readonly<Record<string, string>>, settings: TypeSettings): readonly string[] => {
  const options = toCompilerOptions(settings)
  const texts = new Map(Object.entries(files).map(([path, text]) => [root + path, text]))
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, directoryExists } = host
  const folders = new Set([...texts.keys()].map(path => dirname(path)))
  host.readFile = path => texts.get(path) ?? readFile(path)
  host.fileExists = path => texts.has(path) || fileExists(path)
  host.directoryExists = path => folders.has(path) || (directoryExists?.(path) ?? true)
  const program = ts.createProgram([...texts.keys()], options, host)
  const isOurs = ({ fileName }: ts.SourceFile) => texts.has(fileName) || fileName.startsWith(`${root}dist/`)
  return [
    ...program.getGlobalDiagnostics(),
    ...program.getOptionsDiagnostics(),
    ...program
      .getSourceFiles()
      .filter(isOurs)
      .flatMap(file => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ].map(describeDiagnostic)
}
