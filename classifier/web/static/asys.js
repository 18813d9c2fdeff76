// What every page shares: the theme without a reload, drafts that outlive a login, and a voice for what changed.
"use strict";

const asys = {
  /** Say something to those who hear the page. */
  say(text) {
    const place = document.getElementById("opplest");
    if (place && text) {
      place.textContent = "";
      window.setTimeout(() => (place.textContent = text), 50);
    }
  },

  /** Whether a key press is meant for the element it went to. */
  isWriting(target) {
    if (!(target instanceof HTMLElement)) return false;
    if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable) return true;
    return target instanceof HTMLInputElement && !["radio", "checkbox", "button", "submit"].includes(target.type);
  },

  /** Choose the label with this key and give it the focus; false if there is none. */
  choose(key) {
    const choice = document.querySelector(`input[type=radio][data-key="${CSS.escape(key.toLowerCase())}"]`);
    if (!choice) return false;
    choice.checked = true;
    choice.focus();
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  },

  /** Read and keep a small setting of this browser; what cannot be kept is forgotten. */
  setting(name, value) {
    try {
      if (value !== undefined) localStorage.setItem(`asys.${name}`, value);
      return localStorage.getItem(`asys.${name}`);
    } catch {
      return null;
    }
  },
};

// Whoever uses the tab next must not find what somebody else wrote.
if (document.querySelector("[data-logged-out]")) {
  try {
    sessionStorage.clear();
  } catch {
    // Nothing was kept, then.
  }
}

// A draft lives in the tab only, and is gone when the tab is closed or what it was for is saved.
if (document.getElementById("lagret")) {
  const shown = new Set([...document.querySelectorAll("form[data-draft]")].map((form) => `asys.draft.${form.dataset.draft}`));
  try {
    for (const place of Object.keys(sessionStorage)) {
      if (place.startsWith("asys.draft.kvalitet-") && !shown.has(place)) sessionStorage.removeItem(place);
    }
  } catch {
    // Nothing was kept, then.
  }
}
for (const form of document.querySelectorAll("form[data-draft]")) {
  const place = `asys.draft.${form.dataset.draft}`;
  const fields = () =>
    [...form.elements].filter((field) => field.name && !["csrf_token", "sett"].includes(field.name) && field.type !== "submit");
  const keep = () => {
    const values = {};
    for (const field of fields()) {
      if (field.type === "hidden") continue;
      if (field.type === "radio" || field.type === "checkbox") {
        if (field.checked && field.dataset.byPerson !== undefined) values[field.name] = field.value;
      } else if (field.value) values[field.name] = field.value;
    }
    try {
      sessionStorage.setItem(place, JSON.stringify(values));
    } catch {
      // A full or forbidden storage costs the draft, not the work.
    }
  };
  const drop = () => {
    try {
      sessionStorage.removeItem(place);
    } catch {
      // As above.
    }
  };
  const bringBack = () => {
    let values;
    try {
      values = JSON.parse(sessionStorage.getItem(place) ?? "{}");
    } catch {
      return;
    }
    let brought = false;
    for (const field of fields()) {
      const value = values[field.name];
      if (value === undefined || field.type === "hidden") continue;
      if (field.type === "radio" || field.type === "checkbox") {
        if (field.value === value && !field.checked) {
          field.checked = true;
          field.dataset.byPerson = "";
          brought = true;
        }
      } else if (!field.value || field.value === field.defaultValue) {
        brought ||= field.value !== value && field instanceof HTMLTextAreaElement;
        field.value = value;
      }
    }
    const note = document.getElementById("gjenopprettet");
    if (brought && note) {
      note.hidden = false;
      asys.say(note.textContent.trim());
    }
  };
  if ("saved" in form.dataset) drop();
  bringBack();
  form.addEventListener("input", keep);
  form.addEventListener("change", (event) => {
    if (event.target.type === "radio") {
      for (const other of form.querySelectorAll(`input[name="${event.target.name}"]`)) delete other.dataset.byPerson;
      event.target.dataset.byPerson = "";
    }
    keep();
  });
  // One report is saved once, however often somebody presses Enter.
  form.addEventListener("submit", (event) => {
    if ("sent" in form.dataset) event.preventDefault();
    form.dataset.sent = "";
  });
  window.addEventListener("pageshow", () => delete form.dataset.sent);
}

for (const form of document.querySelectorAll("form.theme")) {
  form.addEventListener("submit", (event) => {
    const value = event.submitter?.value ?? "";
    event.preventDefault();
    if (value) document.documentElement.dataset.theme = value;
    else delete document.documentElement.dataset.theme;
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === event.submitter));
    fetch(form.action, { method: "POST", body: new FormData(form, event.submitter), redirect: "manual" });
  });
}

for (const place of document.querySelectorAll("#feil")) place.focus();
for (const place of document.querySelectorAll("#lagret")) asys.say(place.textContent.trim());

// Shown probabilities stay shown.
document.addEventListener("change", (event) => {
  if (event.target.matches?.(".percent-switch")) asys.setting("percent", event.target.checked ? "yes" : "no");
});
asys.showPercent = () => {
  for (const box of document.querySelectorAll(".percent-switch")) box.checked = asys.setting("percent") === "yes";
};
asys.showPercent();
