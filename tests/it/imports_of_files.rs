//! The imports of `src`, file by file, as the compiler would resolve them.
//!
//! They are read from `use` trees and from paths in items, types, expressions and patterns, without
//! tests. `crate`, `self` and `super` are resolved, and re-exports are followed to the file that
//! defines the name. Three limits: calls of methods are not imports; paths inside the tokens of a
//! macro call are not seen; a name that a macro defines belongs to the file that calls the macro.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use quote::ToTokens;
use syn::visit::Visit;

use crate::support::{files, root, shown};

/// One file, which is one module.
#[derive(Default)]
pub struct Module {
    /// Path below `src`.
    pub file: String,
    /// The names that the file defines itself.
    pub defines: BTreeSet<String>,
    /// Names that it re-exports, with their absolute path.
    exports: BTreeMap<String, Vec<String>>,
    /// Modules of which it re-exports everything.
    globs: Vec<Vec<String>>,
    /// Absolute paths that it names.
    paths: BTreeSet<Vec<String>>,
}

pub struct Imports {
    /// By the path of the module, without `crate`.
    pub modules: BTreeMap<Vec<String>, Module>,
}

impl Imports {
    pub fn of_source() -> Self {
        let src = root().join("src");
        let mut modules = BTreeMap::new();
        for path in files(&src, &["rs"]) {
            let file = shown(&path);
            let below = file.trim_start_matches("src/").trim_end_matches(".rs");
            if below == "main" {
                continue;
            }
            let mut name: Vec<String> = below.split('/').map(str::to_owned).collect();
            if name.last().is_some_and(|last| last == "mod" || last == "lib") {
                name.pop();
            }
            let tree = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            let mut reader = Reader { name: name.clone(), ..Reader::default() };
            reader.module.file = file;
            reader.visit_file(&tree);
            modules.insert(name, reader.module);
        }
        Self { modules }
    }

    /// The file that defines what a path names.
    fn definition(&self, path: &[String], hops: usize) -> Option<&str> {
        let length = (0..=path.len()).rev().find(|n| self.modules.contains_key(&path[..*n]))?;
        let module = &self.modules[&path[..length]];
        let Some(name) = path.get(length).filter(|_| hops < 8) else { return Some(&module.file) };
        if module.defines.contains(name) {
            return Some(&module.file);
        }
        if let Some(target) = module.exports.get(name) {
            return self.definition(target, hops + 1);
        }
        let mut globs = module.globs.iter();
        globs.find_map(|glob| {
            let target = self.modules.get(glob)?;
            target.defines.contains(name).then_some(target.file.as_str())
        })
    }

    /// For each file, the files that it imports, each with one imported name.
    pub fn edges(&self) -> BTreeMap<&str, BTreeMap<&str, String>> {
        let mut edges: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
        for module in self.modules.values() {
            let from = edges.entry(&module.file).or_default();
            for path in &module.paths {
                let Some(to) = self.definition(path, 0) else { continue };
                // A file that only re-exports is no import; its names are followed to their
                // definitions.
                if to != module.file && !to.ends_with("/mod.rs") && to != "src/lib.rs" {
                    from.entry(to).or_insert_with(|| path.join("::"));
                }
            }
        }
        edges
    }
}

#[derive(Default)]
struct Reader {
    name: Vec<String>,
    /// Depth of modules inside the file.
    depth: usize,
    module: Module,
}

impl Reader {
    /// An absolute path, without `crate`; `None` if it stays in the file or leaves the crate.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" if self.depth == 0 => Some([&self.name, &path[1..]].concat()),
            "super" => {
                let supers = path.iter().take_while(|name| *name == "super").count();
                let up = supers.checked_sub(self.depth)?;
                let base = self.name.len().checked_sub(up)?;
                Some([&self.name[..base], &path[supers..]].concat())
            }
            _ => None,
        }
    }

    fn tree(&mut self, tree: &syn::UseTree, prefix: &mut Vec<String>, public: bool) {
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.tree(&path.tree, prefix, public);
                prefix.pop();
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.tree(tree, prefix, public));
            }
            syn::UseTree::Name(name) => self.leaf(prefix, &name.ident, &name.ident, public),
            syn::UseTree::Rename(rename) => {
                self.leaf(prefix, &rename.ident, &rename.rename, public);
            }
            syn::UseTree::Glob(_) => {
                let path = self.absolute(prefix).unwrap_or_else(|| self.child(prefix));
                if public {
                    self.module.globs.push(path);
                } else {
                    self.module.paths.insert(path);
                }
            }
        }
    }

    /// A path that begins with a child of this module.
    fn child(&self, path: &[String]) -> Vec<String> {
        [&self.name, path].concat()
    }

    fn leaf(&mut self, prefix: &[String], name: &syn::Ident, alias: &syn::Ident, public: bool) {
        let mut path = prefix.to_vec();
        if name != "self" {
            path.push(name.to_string());
        }
        let absolute = self.absolute(&path);
        if public && self.depth == 0 {
            let path = absolute.clone().unwrap_or_else(|| self.child(&path));
            self.module.exports.insert(alias.to_string(), path);
        }
        self.module.paths.extend(absolute);
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|one| one.meta.to_token_stream().to_string().contains("cfg (test)"))
}

/// The name that an item defines.
fn named(item: &syn::Item) -> Option<&syn::Ident> {
    if let syn::Item::Fn(one) = item {
        Some(&one.sig.ident)
    } else if let syn::Item::Const(one) = item {
        Some(&one.ident)
    } else if let syn::Item::Enum(one) = item {
        Some(&one.ident)
    } else if let syn::Item::Static(one) = item {
        Some(&one.ident)
    } else if let syn::Item::Struct(one) = item {
        Some(&one.ident)
    } else if let syn::Item::Trait(one) = item {
        Some(&one.ident)
    } else if let syn::Item::Type(one) = item {
        Some(&one.ident)
    } else {
        None
    }
}

impl<'a> Visit<'a> for Reader {
    fn visit_item(&mut self, item: &'a syn::Item) {
        let name = named(item).map(ToString::to_string);
        if self.depth == 0 {
            self.module.defines.extend(name);
        }
        syn::visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, one: &'a syn::ItemMod) {
        if one.content.is_some() && !is_test(&one.attrs) {
            self.depth += 1;
            syn::visit::visit_item_mod(self, one);
            self.depth -= 1;
        }
    }

    fn visit_item_macro(&mut self, one: &'a syn::ItemMacro) {
        self.module.defines.extend(one.ident.as_ref().map(ToString::to_string));
        // Names that the call of a macro defines: `Name: "…" {`, `enum Name`, `struct Name`.
        let tokens = one.mac.tokens.to_string();
        let words: Vec<&str> = tokens.split_whitespace().collect();
        for three in words.windows(3) {
            if three[1] == ":" && three[2].starts_with('"') {
                self.module.defines.insert(three[0].to_owned());
            }
            if ["enum", "struct", "fn"].contains(&three[0]) {
                self.module.defines.insert(three[1].to_owned());
            }
        }
        syn::visit::visit_item_macro(self, one);
    }

    fn visit_item_use(&mut self, one: &'a syn::ItemUse) {
        if !is_test(&one.attrs) {
            let public = !matches!(one.vis, syn::Visibility::Inherited);
            self.tree(&one.tree, &mut Vec::new(), public);
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|one| one.ident.to_string()).collect();
        if names.len() > 1 {
            self.module.paths.extend(self.absolute(&names));
        }
        syn::visit::visit_path(self, path);
    }
}
