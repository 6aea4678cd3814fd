// Shows the API description. It sends requests to this server only.
globalThis.SwaggerUIBundle({
  url: 'openapi.json',
  domNode: document.getElementById('api'),
  validatorUrl: null,
  deepLinking: false,
  tryItOutEnabled: true,
});
