/** Rows of cells under each other, as wide as each column needs; the first row is the head. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const width = (text: string): number => [...text].length;
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}
