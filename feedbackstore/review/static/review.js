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
      // A key that is held down is one press: the next item comes unread else.
      if (!event.repeat) act(target);
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

  const tell = (text) => {
    const box = document.getElementById("editor");
    if (!box) return;
    const notice = box.querySelector(".notice") || document.createElement("p");
    notice.className = "notice notice-bad";
    notice.setAttribute("role", "alert");
    notice.textContent = text;
    box.prepend(notice);
  };
  document.addEventListener("htmx:sendError", () => tell("The store cannot be reached. What you typed is still here: try again."));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 422) return;
    tell(event.detail.xhr.status === 401
      ? "You are signed out. Sign in in another tab, then try again: what you typed is still here."
      : "That did not work (" + event.detail.xhr.status + "). What you typed is still here: try again.");
  });

  // Whoever adds, moves or removes a row goes on from there.
  let pressedOp = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.name === "op") pressedOp = event.detail.elt.value;
  });
  document.addEventListener("htmx:afterSwap", () => {
    const editor = document.getElementById("editor");
    if (!editor || !pressedOp) return;
    const [what, place] = [pressedOp.split(" ")[0], pressedOp.slice(pressedOp.indexOf(" ") + 1)];
    const list = what === "add" ? place : place.slice(0, place.lastIndexOf("/"));
    const fields = [...editor.querySelectorAll("input, select, textarea")].filter(
      (each) => (each.name || "").startsWith("field:" + list + "/"));
    const last = fields.at(-1)?.name.slice(("field:" + list + "/").length).split("/")[0];
    const row = (number) => fields.find((each) => (each.name + "/").startsWith("field:" + list + "/" + number + "/"));
    const index = Number(place.slice(place.lastIndexOf("/") + 1));
    const to = { add: last, up: index - 1, down: index + 1, remove: Math.min(index, Number(last)) }[what];
    const next = row(to) || editor.querySelector("button[value='" + CSS.escape(pressedOp) + "'], .switch button[aria-pressed=true]");
    if (next) next.focus();
    pressedOp = "";
  });

  // A form or a part of it that shows what is wrong is shown, not thrown away.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 422) event.detail.shouldSwap = true;
  });

  const ready = () => {
    const editor = document.getElementById("editor");
    const first = editor && (editor.querySelector(".form-problems a") ||
      editor.querySelector(".form-root input:not([type=hidden]), .form-root select, .form-root textarea, .form-json"));
    if (first && document.activeElement === document.body) first.focus();
    if (navigator.clipboard) document.querySelectorAll("[data-copies]").forEach((each) => { each.hidden = false; });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();
