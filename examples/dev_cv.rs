use dehusk::*;
use std::fs;
fn load(dir:&str)->Vec<(String,GoldPage)>{let mut v=vec![];let mut d:Vec<_>=fs::read_dir(dir).unwrap().map(|e|e.unwrap().path()).collect();d.sort();for p in d{ if !p.join("gold.json").exists(){continue;} let text=fs::read_to_string(p.join("page.txt")).unwrap();let g:serde_json::Value=serde_json::from_str(&fs::read_to_string(p.join("gold.json")).unwrap()).unwrap();
 let spans=g["spans"].as_array().unwrap().iter().map(|s|(Span::new(s["start"].as_u64().unwrap() as usize,s["end"].as_u64().unwrap() as usize),Label::from_name(s["label"].as_str().unwrap()).unwrap())).collect();
 v.push((dir.to_string(),GoldPage{id:g["id"].as_str().unwrap().to_string(),text,spans}));}v}
fn rec(id:&str,text:&str,r:&Record)->String{ let _=text; serde_json::json!({"id":id,"title":r.title(),"tags":r.tags().collect::<Vec<_>>(),"related":r.related().collect::<Vec<_>>(),"segments":r.segments.iter().map(|s|serde_json::json!({"kind":s.kind.name(),"start":s.span.start,"end":s.span.end})).collect::<Vec<_>>()}).to_string()}
fn main(){ let args:Vec<String>=std::env::args().skip(1).collect(); let mode=&args[0]; let out=&args[1]; let prior:f64=args[2].parse().unwrap(); let folds:usize=args[3].parse().unwrap(); let mut all=vec![]; for d in &args[4..]{all.extend(load(d));}
 let base=Extractor::new(); let pages:Vec<GoldPage>=all.iter().map(|x|x.1.clone()).collect();
 let t0=std::time::Instant::now();
 let mut f:std::collections::BTreeMap<String,String>=Default::default();
 let mut emit=|dir:&str,l:String|{ let k=dir.rsplit('/').next().unwrap().to_string(); let e=f.entry(k).or_default(); e.push_str(&l); e.push('\n');};
 if mode=="run" { let ex=Extractor::new(); let mut w=ex.worker(); for (d,p) in &all { let r=w.extract(&p.text); emit(d,rec(&p.id,&p.text,&r)); } }
 else {
 let tr=Trainer::new(&base,&pages,Settings{prior,steps:150,folds}); eprintln!("prep {:?}",t0.elapsed());
 if mode=="fit" { let w=tr.fit(None); fs::write(format!("{out}/weights.tsv"),&w).unwrap(); eprintln!("fit {:?}",t0.elapsed()); let ex=Extractor::builder().weights("w",w).build().unwrap(); let mut wk=ex.worker(); for (d,p) in &all {let r=wk.extract(&p.text); emit(d,rec(&p.id,&p.text,&r));} }
 else { let fo=tr.folds(); for k in 0..folds { let ex=Extractor::builder().weights("w",tr.fit(Some(k))).build().unwrap(); let mut w=ex.worker(); for (i,(d,p)) in all.iter().enumerate(){ if fo[i]==k { let r=w.extract(&p.text); emit(d,rec(&p.id,&p.text,&r)); } } eprintln!("fold {k} {:?}",t0.elapsed()); } } }
 for (k,v) in f { fs::write(format!("{out}/{k}.jsonl"),v).unwrap(); }
}
