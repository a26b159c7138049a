/** A report as one HTML file without anything outside it: figures are inline SVG, in the colours of the page. */
import {alignOf, type Block, type Figure, type Report, type Section, type Table, type Text} from './document.ts'

/** SVG's colours, and what they are on a dark page. Figures are drawn for a light one. */
const darkColours: Readonly<Record<string, string>> = {
	'#ffffff': '#161b22',
	'#000000': '#f0f6fc',
	'#000': '#f0f6fc',
	black: '#f0f6fc',
	'#57606a': '#9da7b3',
	'#888': '#8b949e',
	'#e6e8eb': '#30363d',
	'#ddd': '#30363d',
	'#d0d7de': '#484f58',
	'#0072b2': '#58a6ff',
	'#56b4e9': '#b6dcff',
	'#d55e00': '#ff8c42',
	'#009e73': '#2dc298',
	'#7a5195': '#b58ad6',
	'#8c6d31': '#c9a45c',
	'#ad494a': '#e5706f',
	'#6b6ecf': '#9a9df0',
}

const darkRules = Object.entries(darkColours)
	.flatMap(([light, dark]) => [
		`figure svg [fill="${light}"]{fill:${dark}}`,
		`figure svg [stroke="${light}"]{stroke:${dark}}`,
	])
	.join('')

// A caption is as wide as the page, and not only as its table, whose columns it would spread.
const style = `
:root{color-scheme:light dark;--text:#1f2328;--soft:#57606a;--line:#d0d7de;--page:#fff;--card:#f6f8fa;--link:#0969da}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:76rem;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;color:var(--text);background:var(--page)}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0 1rem}h2{font-size:1.3rem;margin:2.2rem 0 .6rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}h3{font-size:1.08rem;margin:1.8rem 0 .5rem}
p,li{max-width:46rem}a{color:var(--link)}code{font:.88em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--card);padding:.1em .3em;border-radius:4px;overflow-wrap:anywhere}
nav ul{columns:14rem;padding-left:1.2rem}nav li li{break-inside:avoid}nav ul ul{columns:auto;padding-left:1rem;font-size:.92em}
.table{overflow-x:auto;margin:.6rem 0 1.2rem}.table:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding-bottom:.3rem}caption span{--wide:min(46rem,calc(100vw - 2rem));display:block;position:sticky;left:0;width:var(--wide);margin-right:calc(-1*var(--wide))}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
thead th{vertical-align:bottom;font-weight:600}td,tbody th{white-space:nowrap}td.left:last-child{white-space:normal;min-width:12rem}
tbody th{font-weight:500;position:sticky;left:0;background:var(--page)}.left{text-align:left}
figure{margin:.6rem 0}figure svg{display:block;width:100%;height:auto;max-width:var(--width)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:.5rem 1rem;align-items:start}
@media screen and (prefers-color-scheme:dark){:root{--text:#e6edf3;--soft:#9da7b3;--line:#30363d;--page:#0d1117;--card:#161b22;--link:#58a6ff}${darkRules}}
@media (max-width:480px){body{padding:.6rem;font-size:15px}th,td{padding:.25rem .4rem}caption span{--wide:calc(100vw - 1.2rem)}tbody th{white-space:normal}tbody th.left{min-width:8.5rem}figure svg{max-width:none}}
@media print{@page{margin:12mm}:root{color-scheme:light;--text:#1f2328;--soft:#57606a;--line:#d0d7de;--page:#fff;--card:#f6f8fa}body{max-width:none;padding:0;font-size:9.5pt}nav{display:none}h2,h3,caption,thead{break-after:avoid}figure,.figures,tr,caption,.short{break-inside:avoid}thead{display:table-header-group}.table{overflow:visible}table{font-size:6.8pt}th,td{padding:.18rem .35rem}td.left:last-child{min-width:0}caption span{--wide:46rem}caption span,tbody th{position:static}.figures{grid-template-columns:repeat(3,1fr);gap:.2rem}a{color:inherit;text-decoration:none}}
`.trim()

export function reportHtml({title, blocks, sections}: Report): string {
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${blocks.map(blockHtml).join('\n')}
<nav aria-label="Contents"><ul>
${sections.map(linkHtml).join('\n')}
</ul></nav>
${sections.map((section) => sectionHtml(section, 2)).join('\n')}
</main>
</body>
</html>
`
}

function linkHtml({id, title, sections = []}: Section): string {
	const below = sections.length > 0 ? `<ul>\n${sections.map(linkHtml).join('\n')}\n</ul>` : ''
	return `<li><a href="#${id}">${inline(title)}</a>${below}</li>`
}

function sectionHtml({id, title, blocks, sections = []}: Section, level: number): string {
	return [
		`<section aria-labelledby="${id}">`,
		`<h${level} id="${id}">${inline(title)}</h${level}>`,
		...blocks.map(blockHtml),
		...sections.map((section) => sectionHtml(section, level + 1)),
		'</section>',
	].join('\n')
}

function blockHtml(block: Block): string {
	switch (block.kind) {
		case 'paragraph':
			return `<p>${inline(block.text)}</p>`
		case 'list':
			return `<ul>\n${block.items.map((item) => `<li>${inline(item)}</li>`).join('\n')}\n</ul>`
		case 'table':
			return tableHtml(block)
		case 'figure':
			return figureHtml(block)
		case 'figures':
			return `<div class="figures">\n${block.figures.map(figureHtml).join('\n')}\n</div>`
	}
}

/** Rows of a table that is printed on one page. */
const mostUnbroken = 12

function tableHtml(table: Table): string {
	const align = alignOf(table)
	const place = (column: number) => (align[column] === 'left' ? ' class="left"' : '')
	const head = table.heading.map((text, column) => `<th scope="col"${place(column)}>${inline(text)}</th>`).join('')
	const rows = table.rows.map((cells) => {
		const tagged = cells.map((text, column) =>
			column === 0
				? `<th scope="row"${place(column)}>${inline(text)}</th>`
				: `<td${place(column)}>${inline(text)}</td>`,
		)
		return `<tr>${tagged.join('')}</tr>`
	})
	// What is too wide scrolls by itself, also by the keyboard.
	return `<div class="table${table.rows.length <= mostUnbroken ? ' short' : ''}" role="region" tabindex="0" aria-label="${escaped(plain(table.caption))}">
<table><caption><span>${inline(table.caption)}</span></caption>
<thead><tr>${head}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`
}

/** The name keeps the identifiers of one SVG apart from those of the others. */
export function figureHtml({name, title, description, svg}: Figure): string {
	const width = /^<svg [^>]*\bwidth="([\d.]+)"/.exec(svg)?.[1] ?? '640'
	const own = svg
		.trim()
		.replaceAll(/\bid="([^"]+)"/g, `id="${name}-$1"`)
		.replaceAll(/url\(#([^)]+)\)/g, `url(#${name}-$1)`)
		// The figure has a title and a description; each mark of its own would only be read out one by one.
		.replaceAll(/ (?:role|aria-[a-z]+)="[^"]*"/g, '')
		.replace(
			/^<svg ([^>]*)>/,
			(_, attributes: string) =>
				`<svg ${attributes} role="img" aria-labelledby="${name}-title ${name}-description"><title id="${name}-title">${escaped(title)}</title><desc id="${name}-description">${escaped(description)}</desc>`,
		)
	return `<figure style="--width:${width}px">${own}</figure>`
}

const entities: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'}
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character]!)

const inline = (text: Text): string =>
	escaped(text)
		.replaceAll(/`([^`]+)`/g, '<code>$1</code>')
		.replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
const plain = (text: Text): string => text.replaceAll(/`|\*\*/g, '')
