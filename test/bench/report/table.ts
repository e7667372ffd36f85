/** A table for people, the same in the terminal and in Markdown. The first column is text, the others are figures. */
export const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string => {
  const lines = [heads, ...rows]
  const widths = heads.map((_, column) => Math.max(3, ...lines.map(line => (line[column] ?? '').length)))
  const draw = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [draw(heads), draw(rule), ...rows.map(draw)].join('\n')
}
