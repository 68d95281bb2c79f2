// The desk's small conveniences; every page works without them, except forms.
// What the server found stands beside its field, too; page.js makes the list lead there.
const near = (text) => text.replace(/\s|（必須）|\*/g, '');
function sayBeside() {
  const labels = [...document.querySelectorAll('#form label[for]')].map((label) => ({ text: near(label.textContent), id: label.htmlFor })).filter(({ text }) => text.length > 1).sort((a, b) => b.text.length - a.text.length);
  for (const item of document.querySelectorAll('#problem-list li')) {
    const found = labels.find(({ text }) => near(item.textContent).includes(text)), field = found && document.getElementById(found.id);
    if (!field || document.getElementById(`${found.id}-said`)) continue;
    const said = Object.assign(document.createElement('p'), { id: `${found.id}-said`, className: 'said', textContent: item.textContent });
    field.closest('.fjs-form-field')?.append(said);
  }
}
const form = document.getElementById('form');
if (form && !document.getElementById('problems').hidden) {
  const watch = new MutationObserver(() => { if (form.querySelector('label[for]')) { watch.disconnect(); setTimeout(sayBeside); } });
  watch.observe(form, { childList: true, subtree: true });
}
// What changes by itself while one looks: the part is fetched again; a reload shows the same.
for (const part of document.querySelectorAll('[data-live]')) {
  setInterval(async () => {
    if (document.hidden || part.contains(document.activeElement)) return;
    const answer = await fetch(part.dataset.live, { credentials: 'same-origin' }).catch(() => null);
    if (answer?.status !== 200 || answer.redirected) return;
    const text = await answer.text();
    if (text !== part.dataset.shown) { part.dataset.shown = text; part.innerHTML = text; }
  }, 4000);
}
// A page that waits looks whether it is done: it says how far, and goes on by itself. A page that jumps while it is read
// aloud would begin anew each time; without scripts the browser loads it again.
for (const part of document.querySelectorAll('[data-wait]')) {
  setInterval(async () => {
    const answer = await fetch(location.href, { credentials: 'same-origin' }).catch(() => null);
    if (!answer || answer.status >= 500) return;
    const now = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-wait]');
    if (now) part.textContent = now.textContent; else location.reload();
  }, 2000);
}
