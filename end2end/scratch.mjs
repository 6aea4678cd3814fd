import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
const s = createServer().listen(0,'127.0.0.1'); await once(s,'listening'); const port = s.address().port; s.close(); await once(s,'close');
const folder = await mkdtemp(join(tmpdir(),'tidings-')); const url=`http://127.0.0.1:${port}`;
const server = spawn('../target/debug/tidings',['serve','--listen',`127.0.0.1:${port}`,'--data-dir',folder],{stdio:['ignore','ignore','inherit']});
for(let i=0;i<200;i++){ try{ if((await fetch(url+'/health/ready')).ok) break;}catch{} await new Promise(r=>setTimeout(r,50)); }
const ab=new AbortController();
for (let i=0;i<30;i++) await fetch(`${url}/sse?client_id=shop-${i}&topic=orders/${i}&topic=news`,{signal:ab.signal}).catch(()=>{});
for (let i=0;i<8;i++) await fetch(`${url}/push`,{method:'POST',headers:{'Content-Type':'application/json'},body:JSON.stringify({to:i%3?{client:'shop-'+i}:i%2?{topic:'news'}:'everyone',data:i%2?'Your parcel is on its way':{order:i,total:9.5},event:i%2?'order.sent':undefined})});
await fetch(`${url}/push`,{method:'POST',headers:{'Content-Type':'application/json'},body:JSON.stringify({to:{client:'away-1'},data:'x'})});
const b=await chromium.launch({executablePath:'/usr/bin/chromium',args:['--no-sandbox','--disable-gpu']});
await mkdir('/tmp/rd/p',{recursive:true});
const which=process.argv.slice(2);
for (const [dev,vp,scheme,locale] of [['d',{width:1280,height:860},'light','en-GB'],['m',{width:375,height:760},'dark','zh-CN']]){
  const c=await b.newContext({viewport:vp,colorScheme:scheme,locale,reducedMotion:'reduce'});
  const p=await c.newPage(); p.on('console',m=>{ if(['error','warning'].includes(m.type())) console.log(dev,m.text().slice(0,400)); }); p.on('pageerror',e=>console.log('PE',String(e).slice(0,300)));
  const pages={overview:'/admin',clients:'/admin/clients?client=shop-3',messages:'/admin/messages',push:'/admin/push?client=shop-3',listen:'/',try:'/try'};
  for (const [n,path] of Object.entries(pages)){ if(which.length&&!which.includes(n)) continue;
    await p.goto(url+path); await p.waitForTimeout(n==='overview'?11000:1500);
    if(n==='messages'){ await p.getByRole('button',{name:/Details|详情/}).first().click().catch(()=>{}); await p.waitForTimeout(500);}
    if(n==='push'){ await p.locator('#data').fill('hello'); await p.locator('button[type=submit].primary').click(); await p.waitForTimeout(900);}
    await p.screenshot({path:`/tmp/rd/p/${n}-${dev}.png`,fullPage:true}); }
}
ab.abort(); await b.close(); server.kill('SIGKILL'); await rm(folder,{recursive:true,force:true});
