/** For a constructed sheet: under `style-src 'self'` neither a `style` element nor an attribute would do. */
export const styles = `
:host {
  --paper: light-dark(#fffefb, #161b21);
  --sunken: light-dark(#f3f0e9, #10151a);
  --ink: light-dark(#1a1f26, #e8ecf0);
  --muted: light-dark(#5b626b, #9ca7b3);
  --line: light-dark(#e0dbd0, #2a323b);
  --edge: light-dark(#8c8a83, #6f7b87);
  --brass: light-dark(#dda02a, #dca33a);
  --brass-text: light-dark(#855600, #f0bb55);
  --blue: light-dark(#2a5fc4, #82adff);
  --green: light-dark(#12734a, #52d29a);
  --red: light-dark(#bb2429, #ff8480);
  --label: 13rem;
  display: block;
  container-type: inline-size;
  color-scheme: light dark;
  color: var(--ink);
  font: 400 13px/1.45 system-ui, sans-serif;
  font-variant-numeric: tabular-nums;
  text-align: start;
}
:host([hidden]), [hidden] { display: none !important; }
*, ::before, ::after { box-sizing: border-box; }
section { overflow: hidden; border: 1px solid var(--line); border-radius: 12px; background: var(--paper); }
p, ul, ol, dl, dd { margin: 0; padding: 0; list-style: none; }

header { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 18px; padding: 10px 14px; }
.who { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 8px; }
.who::before { align-self: center; width: 9px; height: 9px; border-radius: 50%; background: var(--edge); content: ""; }
[data-status="signed-in"] .who::before { background: var(--green); }
.subject { font-size: 14px; }
header span { color: var(--muted); }
.life { display: flex; align-items: center; gap: 8px; }
.fuel { width: 96px; height: 6px; overflow: hidden; border-radius: 3px; background: var(--line); }
.fuel span { display: block; height: 100%; width: calc(var(--share) * 100%); border-radius: inherit; background: var(--green); }
[data-low] .fuel span { background: var(--brass); }
.buttons { display: flex; gap: 6px; margin-inline-start: auto; }
button {
  min-height: 28px; padding: 3px 12px; border: 1px solid var(--line); border-radius: 7px;
  background: none; color: inherit; font: inherit; font-weight: 500; cursor: pointer;
}
summary:hover, button:hover { background: var(--sunken); }
button[aria-pressed="true"] { border-color: var(--ink); background: var(--ink); color: var(--paper); }

.empty { padding: 30px 20px 36px; border-top: 1px solid var(--line); color: var(--muted); text-align: center; }
.burst { border-top: 1px solid var(--line); }
summary { cursor: pointer; }
.burst > summary { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 10px; padding: 7px 14px; list-style: none; }
.burst > summary::before { color: var(--muted); content: "▸"; }
.burst[open] > summary::before { content: "▾"; }
.burst[open] > summary { font-weight: 600; }
summary time, .duration { color: var(--muted); font-weight: 400; }
.duration { margin-inline-start: auto; }

.plot { position: relative; padding: 18px 14px 12px; }
.axis { position: absolute; inset: 0 26px 8px calc(var(--label) + 14px); }
.axis span {
  position: absolute; inset-block: 0; left: calc(var(--from) * .1%); padding-inline-start: 4px;
  border-inline-start: 1px solid var(--line); color: var(--muted); font-size: 11px; white-space: nowrap;
}
.row {
  position: relative; display: grid; grid-template-columns: var(--label) minmax(0, 1fr); align-items: start;
  padding-inline-end: 12px;
}
.row { margin-bottom: 5px; }
.label { padding-inline-end: 14px; overflow-wrap: anywhere; line-height: 18px; }
.name { font-weight: 500; }
.routes .name { font: 500 12px/18px ui-monospace, monospace; }
.tally { display: block; color: var(--muted); font-size: 12px; line-height: 16px; }
.track { position: relative; min-height: 18px; }
.routes .track { min-height: 0; padding-block: 3px; }

.bars { display: block; width: 100%; height: calc(var(--lanes) * var(--pitch) * 1px); overflow: visible; }
.bars path { fill: none; stroke-width: calc(var(--pitch) * .5px); }
.bars .sending { stroke: var(--blue); }
.bars .waiting { stroke: var(--brass); opacity: .5; }
.bars .replaying { stroke: var(--green); }
.bars :is(.rejected, .succeeded, .replayed, .declined, .proved) { stroke-linecap: round; stroke-width: calc(var(--pitch) * .8px); }
.bars .failed { stroke: var(--brass-text); stroke-linecap: square; }
.bars .rejected { stroke: var(--red); stroke-width: calc(var(--pitch) * .95px); }
.bars .succeeded { stroke: var(--blue); }
.bars .replayed { stroke: var(--green); }
.bars .declined { stroke: var(--ink); }
.bars .proved { stroke: var(--brass-text); }

.bar {
  position: absolute; top: 2px; left: calc(var(--from) * .1%); width: calc((var(--to) - var(--from)) * .1%);
  min-width: 3px; height: 14px; border-radius: 3px;
}
.text {
  position: absolute; left: 100%; padding-inline: 6px; color: var(--ink); font-size: 12px; line-height: 14px;
  white-space: nowrap; text-shadow: 0 0 3px var(--paper);
}
.flip .text { right: 100%; left: auto; }
.live { background: color-mix(in srgb, var(--green) 26%, var(--paper)); }
.live .text { right: auto; left: 0; overflow: hidden; max-width: 100%; }
.over {
  opacity: .6; background: repeating-linear-gradient(135deg, var(--red) 0 2px, transparent 2px 6px);
}
.running, .refreshed { background: var(--brass); }
.bar.failed { border: 2px dashed var(--brass-text); }
.adopted { border: 2px solid var(--brass); }
.milestone { width: 8px; height: 8px; top: 5px; margin-inline-start: -4px; border-radius: 50%; background: var(--edge); }
.milestone .text { top: -3px; }
.milestone:nth-child(even) { top: 21px; }
.session .track:has(:nth-child(2)) { min-height: 34px; }
.good { background: var(--green); }
.ended, .bad { background: var(--red); }

.why { grid-column: 1 / -1; }
.note { color: var(--muted); font-size: 12px; }
.explanation { overflow-wrap: anywhere; margin: 4px 0 6px; padding: 6px 10px; border-inline-start: 3px solid var(--red); background: var(--sunken); }
.explanation b { color: var(--red); }
.explanation :is(i, dt) { color: var(--muted); font-style: normal; }
.explanation ul { margin: 6px 18px; list-style: disc; }
.explanation dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 12px; }

.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 8px 14px; border-top: 1px solid var(--line); color: var(--muted); font-size: 12px; }
.legend li { display: flex; align-items: center; gap: 6px; }
.legend li::before { width: 16px; height: 5px; background: var(--blue); content: ""; }
.legend .waiting::before { background: var(--brass); opacity: .5; }
.legend .replaying::before { background: var(--green); }
.legend :is(.rejected, .proved)::before { width: 9px; height: 9px; border-radius: 50%; background: var(--red); }
.legend .failed::before { width: 8px; height: 8px; background: var(--brass-text); }
.legend .proved::before { background: var(--brass-text); }

@container (max-width: 640px) {
  section { --label: 0px; }
  .row { grid-template-columns: minmax(0, 1fr); }
  .label { display: flex; flex-wrap: wrap; gap: 0 8px; padding: 0; }
  .buttons { margin-inline-start: 0; }
}
@media (forced-colors: active) {
  * { forced-color-adjust: none; }
}
`
