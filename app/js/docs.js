// Shows the description of the API. It asks nobody but this server.
globalThis.SwaggerUIBundle({
  url: '/openapi.json',
  domNode: document.getElementById('api'),
  validatorUrl: null,
  deepLinking: false,
  tryItOutEnabled: true,
});
