// Keys, a guard before typed text is lost, copying. Everything works without it, by mouse or Tab.
"use strict";
(() => {
  const typing = (element) =>
    element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName)) &&
    !/^(checkbox|radio|button|submit)$/.test(element.type || "");

  const pressed = (event) =>
    event.key === "Enter" && (event.ctrlKey || event.metaKey) ? "Ctrl+Enter" : event.key;

  const links = () => [...document.querySelectorAll(".line-title")];

  const step = (by) => {
    const all = links();
    const at = all.indexOf(document.activeElement);
    const to = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
    if (to) to.focus();
    if (by > 0 && at >= 0 && at === all.length - 1) document.querySelector(".more a")?.click();
  };

  const act = (target) => {
    if (typing(target)) {
      target.focus();
      target.select?.();
    } else {
      target.click();
    }
  };

  document.addEventListener("keydown", (event) => {
    const key = pressed(event);
    if (key === "Escape" && typing(document.activeElement)) {
      document.activeElement.blur();
      return;
    }
    if (document.querySelector("dialog[open]") || event.altKey) return;
    if (key !== "Ctrl+Enter" && (typing(document.activeElement) || event.ctrlKey || event.metaKey)) return;
    if (key === "Enter" && document.activeElement !== document.body) return;
    const target = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === key);
    if (target) {
      event.preventDefault();
      act(target);
    } else if ((key === "j" || key === "k") && links().length) {
      event.preventDefault();
      step(key === "j" ? 1 : -1);
    }
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
    const copier = event.target.closest("[data-copies]");
    if (copier) {
      navigator.clipboard.writeText(document.getElementById(copier.dataset.copies).textContent).then(() => {
        copier.textContent = "Copied";
      });
    }
  });

  let changed = false;
  document.addEventListener("input", (event) => {
    if (event.target.closest("[data-guarded]")) changed = true;
  });
  document.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });

  // A form or a part of it that shows what is wrong is shown, not thrown away.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 422) event.detail.shouldSwap = true;
  });

  const ready = () => {
    if (navigator.clipboard) document.querySelectorAll("[data-copies]").forEach((each) => { each.hidden = false; });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();
