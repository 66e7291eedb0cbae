// What can be scrolled can be reached with the keyboard, and says so at its edge; what fits is no stop on the way.
const scrolled = ".wide, pre";
const fitted = new ResizeObserver((entries) => entries.forEach(({ target }) => edge(target)));
function edge(wide) {
  const beyond = wide.scrollWidth - wide.clientWidth;
  if (beyond > 1) wide.tabIndex = 0; else wide.removeAttribute("tabindex");
  wide.classList.toggle("more", wide.scrollLeft < beyond - 1);
}
document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(scrolled).forEach((wide) => fitted.observe(wide)));
document.addEventListener("scroll", ({ target }) => { if (target.matches?.(scrolled)) edge(target); }, { capture: true, passive: true });
