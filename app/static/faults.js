/* Every mistake of a form at once, beside its field, before it leaves; the browser alone would show
   one at a time. Without this file the browser's own checks and the server's still stand. The
   sentence comes from data-fault-missing, -wrong, -low, -high, or is the browser's own. */
"use strict";

(function () {
  function sentence(control) {
    const state = control.validity;
    if (state.valueMissing && control.dataset.faultMissing) return control.dataset.faultMissing;
    if (state.rangeUnderflow && control.dataset.faultLow) return control.dataset.faultLow;
    if (state.rangeOverflow && control.dataset.faultHigh) return control.dataset.faultHigh;
    if (!state.valueMissing && control.dataset.faultWrong) return control.dataset.faultWrong;
    return control.validationMessage;
  }

  function faultOf(control, field) {
    let fault = field.querySelector(".fault");
    if (!fault) {
      fault = document.createElement("p");
      fault.className = "fault";
      fault.id = control.id + "-fault";
      field.append(fault);
    }
    return fault;
  }

  function tie(control, faulty) {
    const told = (control.getAttribute("aria-describedby") || "").split(" ");
    const others = told.filter((id) => id && id !== control.id + "-fault");
    if (faulty) others.push(control.id + "-fault");
    if (others.length) control.setAttribute("aria-describedby", others.join(" "));
    else control.removeAttribute("aria-describedby");
    if (faulty) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }

  function blame(control) {
    const field = control.closest(".field");
    if (!field) return;
    field.classList.add("field-faulty");
    faultOf(control, field).textContent = sentence(control);
    tie(control, true);
  }

  function acquit(control) {
    // Its own field: a question stands within the field of the box that asks it.
    const field = control.closest(".field");
    if (!field || !field.matches(".field-faulty") || !control.validity.valid) return;
    field.classList.remove("field-faulty");
    const fault = field.querySelector(".fault");
    if (fault) fault.remove();
    tie(control, false);
  }

  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (!form.matches("form[data-check]") || form.checkValidity()) return;
    event.preventDefault();
    const faulty = Array.from(form.elements).filter((control) => control.willValidate && !control.validity.valid);
    faulty.forEach(blame);
    faulty[0].focus();
  }, true);

  /* Boxes of which one at least must be ticked: HTML has no word for it. The first speaks for all. */
  function mindGroup(group) {
    const boxes = Array.from(group.querySelectorAll('input[type="checkbox"]'));
    if (!boxes.length) return;
    const look = () => boxes[0].setCustomValidity(boxes.some((box) => box.checked) ? "" : group.dataset.oneOf);
    group.addEventListener("change", () => { look(); acquit(boxes[0]); });
    look();
  }

  /* A field that is asked for only when its box is ticked. */
  function mindBox(control) {
    const box = document.getElementById(control.dataset.requiredWith);
    const look = () => { control.required = box.checked; acquit(control); };
    box.addEventListener("change", look);
    look();
  }

  /* What came back from the server names its first fault by autofocus; a frame on another site is
     refused that by its browser, but may move the focus itself once somebody has pressed in it. */
  const first = document.querySelector("[aria-invalid][autofocus]");
  if (first && window.parent !== window) first.focus();

  document.querySelectorAll("[data-required-with]").forEach(mindBox);
  document.querySelectorAll("[data-one-of]").forEach(mindGroup);
  document.addEventListener("input", (event) => acquit(event.target));
  document.addEventListener("change", (event) => acquit(event.target));
  document.querySelectorAll("form[data-check]").forEach((form) => { form.noValidate = true; });
})();
