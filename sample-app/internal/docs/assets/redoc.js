// Shows the OpenAPI document of this service.
window.addEventListener("load", () => {
  Redoc.init("/openapi.json", { disableSearch: true, hideDownloadButton: false }, document.getElementById("redoc"));
});
