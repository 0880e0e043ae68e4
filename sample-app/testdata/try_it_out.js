(async () => {
  const find = async (selector) => {
    for (let attempt = 0; attempt < 600; attempt++) {
      const element = document.querySelector(selector);
      if (element) return element;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`there is no ${selector} in: ${document.body.innerText}`);
  };
  const operation = "#operations-items-create_item_items_post";
  (await find(`${operation} .opblock-summary-control`)).click();
  (await find(`${operation} .try-out__btn`)).click();
  (await find(`${operation} .execute`)).click();
  const status = await find(`${operation} .live-responses-table .response .response-col_status`);
  const body = await find(`${operation} .live-responses-table .response .response-col_description pre`);
  return `${status.innerText}\n${body.innerText}`;
})()
