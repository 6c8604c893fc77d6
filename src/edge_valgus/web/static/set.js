// Opens the rep that the address names, so that the table's links lead to something visible.
function open() {
  const rep = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (rep instanceof HTMLDetailsElement) {
    rep.open = true;
    rep.scrollIntoView({ block: "start" });
  }
}
addEventListener("hashchange", open);
open();
