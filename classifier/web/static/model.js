// The model page: how far a retrain has come, without a reload.
"use strict";

(() => {
  const place = document.querySelector("[data-poll]");
  if (!place?.dataset.poll) return;
  const EVERY = 2000;
  const look = async () => {
    try {
      const answer = await fetch(place.dataset.poll, { redirect: "error" });
      if (answer.ok) {
        place.innerHTML = await answer.text();
        if (answer.headers.get("x-asys-running") === "no") return window.location.reload();
      }
    } catch {
      // Asked again below.
    }
    window.setTimeout(look, EVERY);
  };
  window.setTimeout(look, EVERY);
})();
