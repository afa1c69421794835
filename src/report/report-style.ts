/** The page's only style: light and dark by the reader's system, printable, down to 390 pixels. No font or image is fetched. */
export const reportStyle = `
:root { color-scheme: light dark; --page: #f5f6f8; --card: #fff; --text: #1a1d23; --soft: #596070; --line: #dfe3ea; --accent: #1f5fbf;
  --good: #136b3a; --good-page: #e4f5ea; --warn: #7a4b00; --warn-page: #fdf1d8; --bad: #a11a1a; --bad-page: #fde6e6; --bar: #5b8def; --code: #f0f2f6 }
@media (prefers-color-scheme: dark) { :root { --page: #14161a; --card: #1d2026; --text: #e8eaee; --soft: #a3abb9; --line: #343a45; --accent: #8ab4f8;
  --good: #7fdba0; --good-page: #16301f; --warn: #f3c56b; --warn-page: #362a10; --bad: #ff9b9b; --bad-page: #3d1a1a; --bar: #4f7fd9; --code: #262a32 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif }
main { max-width: 1120px; margin: 0 auto; padding: 24px 20px 64px }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere }
h2 { font-size: 1.15rem; margin: 0 0 12px }
h3 { font-size: 1rem; margin: 20px 0 8px }
p { margin: 0 0 10px }
a { color: var(--accent) }
.soft { color: var(--soft) }
.path { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: .88em; overflow-wrap: anywhere }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; margin-top: 16px }
.verdict { border: 0; border-left: 6px solid; padding: 16px 20px; font-size: 1.1rem; font-weight: 600; overflow-wrap: anywhere }
.verdict p { margin: 0 } .verdict .remedy { font-weight: 400; font-size: .95rem; margin-top: 6px }
.good { color: var(--good) } .warn { color: var(--warn) } .bad { color: var(--bad) }
.verdict.good { background: var(--good-page); border-color: var(--good) } .verdict.warn { background: var(--warn-page); border-color: var(--warn) }
.verdict.bad { background: var(--bad-page); border-color: var(--bad) }
.figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin: 16px 0 0; padding: 0 }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px }
.figures dt { color: var(--soft); font-size: .82rem } .figures dd { margin: 2px 0 0; font-size: 1.35rem; font-weight: 650; font-variant-numeric: tabular-nums }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .92rem }
td.mark { white-space: nowrap }
th, td { text-align: left; padding: 6px 10px; border-bottom: 1px solid var(--line); vertical-align: top }
thead th { color: var(--soft); font-weight: 600; font-size: .82rem; white-space: nowrap }
tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 9em }
tfoot th, tfoot td { border-bottom: 0; font-weight: 650 }
.number { text-align: right; white-space: nowrap }
td.value { overflow-wrap: anywhere; min-width: 8em; max-width: 26em }
.bars { display: grid; grid-template-columns: minmax(6em, max-content) 1fr max-content; gap: 6px 12px; align-items: center; font-size: .9rem; margin: 0 }
.bars dt { overflow-wrap: anywhere; max-width: 16em } .bars dd { margin: 0; font-variant-numeric: tabular-nums }
.bar { display: block; height: 12px; border-radius: 3px; background: var(--bar); min-width: 2px; print-color-adjust: exact; -webkit-print-color-adjust: exact }
details { border-bottom: 1px solid var(--line); padding: 7px 0 } details:last-of-type { border-bottom: 0 }
summary { cursor: pointer; overflow-wrap: anywhere } summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
pre { background: var(--code); border-radius: 6px; padding: 10px 12px; margin: 6px 0; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; font: .85rem/1.45 ui-monospace, Menlo, Consolas, monospace }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 0 14px } .pair h4 { margin: 8px 0 0; font-size: .82rem; color: var(--soft) }
ul { margin: 6px 0; padding-left: 20px } li { margin: 3px 0; overflow-wrap: anywhere }
footer { margin-top: 24px; color: var(--soft); font-size: .88rem } footer dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 0 } footer dd { margin: 0; overflow-wrap: anywhere }
@media (max-width: 760px) { .figures { grid-template-columns: 1fr 1fr } }
@media (max-width: 560px) { main { padding: 14px 12px 40px } section { padding: 14px 12px } th, td { padding: 5px 6px } .bars { grid-template-columns: 1fr max-content } .bars dt { grid-column: 1 / -1; margin-bottom: -5px } }
@media print { body { background: #fff } section, .figures div { break-inside: avoid-page } .scroll { overflow: visible } main { max-width: none; padding: 0 } }
`
