/** One line of what a fault test counted, so that a reader sees how much was proved. */
export function summarise(test: string, counted: Record<string, number>, troubles: ReadonlyMap<string, number>): void {
  const parts = Object.entries(counted).map(([name, count]) => `${count} ${name}`);
  const met = [...troubles].map(([trouble, count]) => `${count}× ${trouble}`).join(', ');
  process.stdout.write(`${test}: ${parts.join(', ')}; clients met ${met || 'no trouble'}\n`);
}
