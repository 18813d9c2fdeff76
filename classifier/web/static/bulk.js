// Deciding many: one button ticks all, or none.
"use strict";

(() => {
  const button = document.getElementById("alle");
  const boxes = [...document.querySelectorAll("#liste input[type=checkbox]")];
  if (!button) return;
  const name = () => (button.textContent = boxes.every((box) => box.checked) ? "Fjern alle kryss" : "Kryss av alle");
  button.addEventListener("click", () => {
    const tick = !boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = tick;
    name();
    asys.say(tick ? `${boxes.length} rapporter er krysset av.` : "Ingen rapporter er krysset av.");
  });
  document.getElementById("liste").addEventListener("change", name);
  name();
})();
