// Registering: the suggestion while somebody writes, and every choice by one key.
"use strict";

(() => {
  const form = document.getElementById("registrering");
  const text = document.getElementById("tekst");
  const unit = document.getElementById("enhet");
  const PAUSE = 200;
  const QUIET = 1200;
  let timer = 0;
  let voice = 0;
  let asked = text.value;
  let request = null;

  const byPerson = (name) => form.querySelector(`input[name="${name}"][data-by-person]:checked`)?.value ?? "";

  const show = (html) => {
    const focused = document.activeElement?.id;
    const chosen = { kategori: byPerson("kategori"), kanal: byPerson("kanal") };
    const fresh = new DOMParser().parseFromString(html, "text/html");
    for (const id of ["forslag", "lagres"]) {
      const replacement = fresh.getElementById(id);
      if (replacement) document.getElementById(id).replaceWith(replacement);
    }
    document.getElementById("lagres-kort").hidden = document.getElementById("lagres").hidden;
    for (const [name, value] of Object.entries(chosen)) {
      const choice = value && document.getElementById(`${name}-${value}`);
      if (choice) {
        choice.checked = true;
        choice.dataset.byPerson = "";
      }
    }
    asys.showPercent();
    if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
    window.clearTimeout(voice);
    voice = window.setTimeout(() => asys.say(document.getElementById("forslag").dataset.spoken), QUIET);
  };

  const ask = async () => {
    if (text.value === asked) return;
    asked = text.value;
    request?.abort();
    request = new AbortController();
    const body = new FormData();
    body.set("csrf_token", form.elements.csrf_token.value);
    body.set("tekst", text.value);
    try {
      const answer = await fetch(form.dataset.suggestions, { method: "POST", body, signal: request.signal, redirect: "error" });
      const over = answer.status === 401 || answer.status === 403;
      if (over && document.getElementById("okten-over").hidden) asys.say(document.getElementById("okten-over").textContent.trim());
      document.getElementById("okten-over").hidden = !over;
      if (answer.ok) show(await answer.text());
    } catch {
      // Without an answer the form stays as it was, and saving still works; the next pause asks again.
      if (asked === text.value) asked = null;
    }
  };

  text.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE);
  });
  if (text.value.trim() && !form.querySelector(".bar")) {
    asked = null;
    ask();
  }

  if (!unit.value) unit.value = asys.setting("unit") ?? "";
  form.addEventListener("submit", () => asys.setting("unit", unit.value));

  const choices = document.getElementById("valg");
  const enterChoices = () => {
    const first = choices.querySelector("input[name=kategori]:checked") ?? choices.querySelector("input[name=kategori]");
    first.focus();
  };

  form.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.metaKey) return;
    const save = event.key === "Enter" && (event.ctrlKey || event.target.type === "radio" || event.target === unit || event.target.type === "date");
    if (save) {
      event.preventDefault();
      form.requestSubmit(form.querySelector(".button--first"));
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (choices.contains(event.target)) text.focus();
      else enterChoices();
    } else if (!event.ctrlKey && event.key.length === 1 && choices.contains(event.target) && !asys.isWriting(event.target)) {
      if (asys.choose(event.key)) event.preventDefault();
    }
  });
})();
