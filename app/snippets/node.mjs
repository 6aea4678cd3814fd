const push = { to: { client: 'CLIENT' }, data: 'Hello from Node' };
const response = await fetch('ORIGIN/push', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(push),
});
console.log(await response.json());
