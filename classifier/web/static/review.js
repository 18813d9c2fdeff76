// Reviewing: every action has a key, which acts only when nothing is being written and keys are switched on.
"use strict";

(() => {
  const form = document.getElementById("avgjorelse");
  const comment = document.getElementById("kommentar");
  const keys = document.getElementById("taster");

  if (keys) {
    keys.checked = asys.setting("keys") !== "off";
    keys.addEventListener("change", () => asys.setting("keys", keys.checked ? "on" : "off"));
  }
  document.getElementById("rapport-tittel")?.focus({ preventScroll: true });

  // Which button a key presses; what needs a comment first goes there instead.
  const press = (key) => {
    const button = document.querySelector(`[data-action="${CSS.escape(key)}"]`);
    if (!button) return false;
    if (key === "v" && !comment.value.trim()) {
      comment.dataset.park = "";
      comment.focus();
      asys.say("Skriv hva som må avklares, og trykk Ctrl og Enter.");
    } else button.form.requestSubmit(button);
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.metaKey || event.repeat) return;
    if (event.target === comment) {
      if (event.key === "Escape") {
        delete comment.dataset.park;
        document.getElementById("rapport-tittel").focus();
      } else if (event.key === "Enter" && event.ctrlKey) {
        event.preventDefault();
        const action = "park" in comment.dataset ? "avklaring" : "lagre";
        form.requestSubmit(form.querySelector(`button[value="${action}"]`));
      }
      return;
    }
    if (event.ctrlKey || asys.isWriting(event.target) || (keys && !keys.checked)) return;
    const plain = !(event.target instanceof HTMLButtonElement || event.target.closest?.("a, summary"));
    let done = false;
    if (event.key === "Enter" && plain && form) {
      form.requestSubmit(form.querySelector('button[value="lagre"]'));
      done = true;
    } else if (event.key.length === 1) {
      const key = event.key.toLowerCase();
      if (key === "k" && comment) {
        comment.focus();
        done = true;
      } else done = press(key) || asys.choose(key);
    }
    if (done) event.preventDefault();
  });
})();
