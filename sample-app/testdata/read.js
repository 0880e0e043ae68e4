(async () => {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (document.querySelector("#redoc h1")) return document.body.innerText;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`there is no heading in: ${document.body.innerText}`);
})()
