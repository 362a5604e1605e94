const replacements: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => replacements[character] ?? character);
}

/** A message as the page of an inbox shows it. */
export type Shown = { heading: string; at: string; way: string; text: string };

/** An inbox as a page, newest first. Messages are shown as text only: what they bring along is not run. */
export function inboxPage(name: string, messages: readonly Shown[]): string {
  const items = [...messages].reverse().map(
    ({ heading, at, way, text }) => `<article>
<h2>${escapeHtml(heading)}</h2>
<p><time>${escapeHtml(at)}</time> · ${escapeHtml(way)}</p>
<pre>${escapeHtml(text)}</pre>
</article>`,
  );
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)} (${messages.length})</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430; }
article { border: 1px solid #d5dbe5; border-radius: 8px; padding: 0 1rem; margin: 1rem 0; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin-bottom: 0; } p { color: #5a6675; margin-top: 0; }
pre { white-space: pre-wrap; font: inherit; }
</style>
</head>
<body>
<h1>${escapeHtml(name)}: ${messages.length}</h1>
${items.join('\n') || '<p>Nothing was sent yet.</p>'}
</body>
</html>
`;
}
