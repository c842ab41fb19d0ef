//! Which contacts stand on which hosts, in bounded memory, and which hosts they tie together.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use serde::Serialize;

use super::frequent::{CAPACITY, Frequent, Slot};

/// Of a contact so many hosts are known by name: those whose hashes are the smallest, which is as
/// good as drawn by lot. From them the number of all comes to within some 6 % (Bar-Yossef et al.
/// 2002, bottom-k or KMV sketches); up to here it is exact.
const NAMES: usize = 256;

/// So many names are held altogether.
const PAIRS: usize = 1 << 19;

/// A contact on more hosts than this may be a template's default, and a host with more shared
/// contacts than this a directory of companies. Neither makes two clusters one.
const MANY: usize = 64;

/// So many contacts on many hosts are compared with each other.
const COMPARED: usize = 200;

/// The contacts of all pages.
#[derive(Debug)]
pub(super) struct Contacts {
    found: Frequent<Hosts>,
    pairs: usize,
}

/// A contact that stands on several hosts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Shared {
    /// `phone`, `qq`, `wechat`, `email`, `icp`.
    pub kind: String,
    /// The contact; of an ICP number, without the number of the site behind it.
    pub value: String,
    /// On how many hosts it stands; over 256 to within some 6 %.
    pub hosts: u64,
    /// On how many pages it stands, at least.
    pub pages: u64,
    /// How many pages more there may be.
    pub missed: u64,
}

/// Hosts that are tied together by contacts, directly or one through the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Cluster {
    /// What ties them, the most widely spread first, and the numbers of the hosts it ties.
    pub contacts: Vec<Tie>,
    /// The hosts by name; of contacts on more than 256 hosts not all.
    pub hosts: Vec<String>,
    /// How many hosts there are.
    pub size: u64,
    /// True if it is of contacts on so many hosts that they may be a template's default.
    pub widespread: bool,
}

/// A contact of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tie {
    /// `phone`, `qq`, `wechat`, `email`, `icp`.
    pub kind: String,
    /// The contact.
    pub value: String,
    /// On how many hosts it stands.
    pub size: u64,
    /// Those of the cluster on which it stands, as numbers in its list.
    pub hosts: Vec<usize>,
}

/// The hosts of one contact.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    /// By their hashes, the smallest.
    names: BTreeMap<u64, Arc<str>>,
    pages: u64,
}

impl Hosts {
    /// True if the host was not among them.
    fn add(&mut self, host: &Arc<str>) -> bool {
        let hash = hash(host);
        let full = self.names.len() >= NAMES;
        if full
            && self
                .names
                .last_key_value()
                .is_some_and(|(last, _)| *last < hash)
        {
            return false;
        }
        let new = self.names.insert(hash, Arc::clone(host)).is_none();
        if new && full {
            self.names.pop_last();
        }
        new
    }

    /// How many there are.
    fn count(&self) -> u64 {
        if self.names.len() < NAMES {
            return self.names.len() as u64;
        }
        // So many hashes lie below the largest, of as many as there can be.
        let largest = self.names.last_key_value().map_or(0, |(hash, _)| *hash);
        ((NAMES - 1) as f64 / (largest as f64 / u64::MAX as f64)) as u64
    }

    /// True if at least half of the hosts of both are hosts of both.
    fn resembles(&self, other: &Hosts) -> bool {
        let all: BTreeSet<_> = self.names.keys().chain(other.names.keys()).collect();
        let sample: Vec<_> = all.into_iter().take(NAMES).collect();
        let both = |hash: &&&u64| self.names.contains_key(hash) && other.names.contains_key(hash);
        sample.iter().filter(both).count() * 2 >= sample.len()
    }
}

/// The same in every run.
fn hash(host: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    host.hash(&mut hasher);
    hasher.finish()
}

impl Default for Contacts {
    fn default() -> Self {
        Self {
            found: Frequent::new(CAPACITY),
            pairs: 0,
        }
    }
}

impl Contacts {
    /// A page's contact; a page tells each of its contacts once.
    pub(super) fn add(&mut self, kind: &str, value: &str, host: Option<&Arc<str>>) {
        let mut new = 0;
        self.found.update(&key(kind, value), |slot| {
            let is_new = host.is_some_and(|host| slot.value.add(host));
            // What is on many hosts is to stay, however few its pages are.
            slot.rank += u64::from(is_new || slot.rank == 0);
            slot.value.pages += 1;
            new = usize::from(is_new);
        });
        self.pairs += new;
        while self.pairs > PAIRS && self.found.len() > 1 {
            self.found.prune();
            self.pairs = self
                .found
                .iter()
                .map(|(_, slot)| slot.value.names.len())
                .sum();
        }
    }

    /// How many different ones there are, and if there were more.
    pub(super) fn distinct(&self) -> (u64, bool) {
        (self.found.distinct(), self.found.pruned() > 0)
    }

    /// Those on several hosts, on most hosts first.
    pub(super) fn shared(&self, number: usize) -> (Vec<Shared>, u64) {
        let all = self.several();
        let count = all.len() as u64;
        let shared = all.into_iter().take(number).map(|(key, slot)| {
            let (kind, value) = parts(key);
            Shared {
                kind,
                value,
                hosts: slot.value.count(),
                pages: slot.value.pages,
                missed: slot.missed,
            }
        });
        (shared.collect(), count)
    }

    fn several(&self) -> Vec<(&str, &Slot<Hosts>)> {
        let several = self
            .found
            .iter()
            .filter(|(_, slot)| slot.value.names.len() > 1);
        let mut all: Vec<_> = several.collect();
        all.sort_by_cached_key(|(key, slot)| {
            let Hosts { pages, .. } = slot.value;
            (std::cmp::Reverse((slot.value.count(), pages)), *key)
        });
        all
    }

    /// Hosts that contacts tie together, the largest clusters first, and how many there are.
    pub(super) fn clusters(&self, number: usize) -> (Vec<Cluster>, u64) {
        let all = self.several();
        let few = all.partition_point(|(_, slot)| slot.value.names.len() > MANY);
        let (wide, few) = all.split_at(few);
        let mut groups = chains(few);
        groups.extend(alike(wide));
        let mut clusters: Vec<_> = groups.iter().map(|group| cluster(group)).collect();
        clusters.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.hosts.cmp(&b.hosts)));
        let count = clusters.len() as u64;
        clusters.truncate(number);
        (clusters, count)
    }
}

type Group<'a> = Vec<(&'a str, &'a Slot<Hosts>)>;

/// Contacts that are joined by their hosts, one after the other.
fn chains<'a>(contacts: &[(&'a str, &'a Slot<Hosts>)]) -> Vec<Group<'a>> {
    let mut degrees: HashMap<u64, usize> = HashMap::new();
    for hash in contacts
        .iter()
        .flat_map(|(_, slot)| slot.value.names.keys())
    {
        *degrees.entry(*hash).or_default() += 1;
    }
    let mut sets = Sets::new(contacts.len());
    let mut first: HashMap<u64, usize> = HashMap::new();
    for (number, (_, slot)) in contacts.iter().enumerate() {
        let ties = slot
            .value
            .names
            .keys()
            .filter(|hash| degrees[*hash] <= MANY);
        for hash in ties {
            let other = *first.entry(*hash).or_insert(number);
            sets.join(number, other);
        }
    }
    sets.groups(contacts)
}

/// Contacts on many hosts are of one cluster if they are on mostly the same ones.
fn alike<'a>(contacts: &[(&'a str, &'a Slot<Hosts>)]) -> Vec<Group<'a>> {
    let mut sets = Sets::new(contacts.len());
    let compared = &contacts[..contacts.len().min(COMPARED)];
    for (number, (_, slot)) in compared.iter().enumerate() {
        for (other, (_, before)) in compared[..number].iter().enumerate() {
            if slot.value.resembles(&before.value) {
                sets.join(number, other);
            }
        }
    }
    sets.groups(contacts)
}

/// Disjoint sets of numbers (union-find, with halving of paths).
struct Sets(Vec<usize>);

impl Sets {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn find(&mut self, mut number: usize) -> usize {
        while self.0[number] != number {
            self.0[number] = self.0[self.0[number]];
            number = self.0[number];
        }
        number
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        // The first of a set stands for it, so that the order is that of the contacts.
        self.0[a.max(b)] = a.min(b);
    }

    fn groups<'a>(&mut self, contacts: &[(&'a str, &'a Slot<Hosts>)]) -> Vec<Group<'a>> {
        let mut groups: BTreeMap<usize, Group<'a>> = BTreeMap::new();
        for (number, contact) in contacts.iter().enumerate() {
            groups.entry(self.find(number)).or_default().push(*contact);
        }
        groups.into_values().collect()
    }
}

fn cluster(group: &Group<'_>) -> Cluster {
    let names = group.iter().flat_map(|(_, slot)| slot.value.names.values());
    let names: BTreeSet<&str> = names.map(|name| &**name).collect();
    let numbers: HashMap<&str, usize> = names.iter().copied().zip(0..).collect();
    let ties = group.iter().map(|(key, slot)| {
        let (kind, value) = parts(key);
        let mut hosts: Vec<_> = slot
            .value
            .names
            .values()
            .map(|name| numbers[&**name])
            .collect();
        hosts.sort_unstable();
        Tie {
            kind,
            value,
            size: slot.value.count(),
            hosts,
        }
    });
    let contacts: Vec<_> = ties.collect();
    let most = contacts.iter().map(|tie| tie.size).max().unwrap_or(0);
    Cluster {
        size: most.max(names.len() as u64),
        widespread: most > MANY as u64,
        hosts: names.into_iter().map(str::to_owned).collect(),
        contacts,
    }
}

/// One string for both, the kind first.
fn key(kind: &str, value: &str) -> String {
    format!(
        "{kind} {}",
        if kind == "icp" {
            without_site(value)
        } else {
            value
        }
    )
}

fn parts(key: &str) -> (String, String) {
    let (kind, value) = key.split_once(' ').unwrap_or(("", key));
    (kind.to_owned(), value.to_owned())
}

/// 苏ICP备17007063号-1 and 号-2 are sites of one owner.
fn without_site(number: &str) -> &str {
    match number.rsplit_once('-') {
        Some((owner, site)) if site.bytes().all(|byte| byte.is_ascii_digit()) => owner,
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pairs: &[(&str, &str)]) -> Contacts {
        let mut contacts = Contacts::default();
        for (value, host) in pairs {
            contacts.add("phone", value, Some(&Arc::from(*host)));
        }
        contacts
    }

    #[test]
    fn hosts_are_tied_by_what_they_share() {
        let contacts = found(&[
            ("1", "a"),
            ("1", "b"),
            ("2", "b"),
            ("2", "c"),
            ("3", "d"),
            ("4", "d"),
            ("5", "e"),
            ("5", "f"),
            ("5", "e"),
        ]);
        let (clusters, count) = contacts.clusters(9);
        let hosts: Vec<_> = clusters
            .iter()
            .map(|cluster| cluster.hosts.join(" "))
            .collect();
        assert_eq!(
            (hosts.as_slice(), count),
            (&["a b c".to_owned(), "e f".to_owned()][..], 2)
        );
        assert_eq!(clusters[0].contacts[1].hosts, [1, 2]);
        let (shared, count) = contacts.shared(1);
        assert_eq!(
            (
                shared[0].value.as_str(),
                shared[0].hosts,
                shared[0].pages,
                count
            ),
            ("5", 2, 3, 3)
        );
    }

    #[test]
    fn a_template_ties_no_clusters_together() {
        let mut contacts = Contacts::default();
        for n in 0..100 {
            let host: Arc<str> = format!("site{n:02}").into();
            // All have the template's number, and two each their own.
            contacts.add("icp", "京ICP备00000000号-7", Some(&host));
            contacts.add("phone", &format!("400{}", n / 2), Some(&host));
        }
        let (clusters, count) = contacts.clusters(3);
        assert_eq!(count, 51);
        assert_eq!((clusters[0].size, clusters[0].widespread), (100, true));
        assert_eq!(clusters[0].contacts[0].value, "京ICP备00000000号");
        assert_eq!((clusters[1].size, clusters[1].widespread), (2, false));
    }

    #[test]
    fn wide_contacts_on_the_same_hosts_are_one_cluster() {
        let mut contacts = Contacts::default();
        for n in 0..300 {
            let host: Arc<str> = format!("site{n}").into();
            for (value, on) in [("1", n < 200), ("2", n < 150), ("3", n >= 200)] {
                if on {
                    contacts.add("phone", value, Some(&host));
                }
            }
        }
        let (clusters, _) = contacts.clusters(9);
        let sizes: Vec<_> = clusters
            .iter()
            .map(|cluster| (cluster.size, cluster.contacts.len()))
            .collect();
        assert_eq!(sizes, [(200, 2), (100, 1)]);
    }

    #[test]
    fn a_directory_of_companies_ties_nobody() {
        let mut contacts = Contacts::default();
        for n in 0..100 {
            for host in ["directory".into(), format!("company{n}")] {
                contacts.add("phone", &format!("{n}"), Some(&host.into()));
            }
        }
        let (clusters, count) = contacts.clusters(200);
        assert_eq!(count, 100);
        assert!(clusters.iter().all(|cluster| cluster.size == 2));
    }

    #[test]
    fn memory_is_bounded_and_numbers_of_hosts_are_near() {
        let mut contacts = Contacts::default();
        for n in 0..20_000 {
            let host: Arc<str> = format!("site{n}").into();
            contacts.add("phone", "all", Some(&host));
            for own in 0..60 {
                contacts.add("phone", &format!("{n} {own}"), Some(&host));
            }
        }
        assert!(contacts.found.len() <= CAPACITY && contacts.pairs <= PAIRS);
        let (shared, _) = contacts.shared(9);
        assert_eq!(shared[0].value, "all");
        assert!(
            shared[0].hosts.abs_diff(20_000) < 20_000 / 5,
            "{}",
            shared[0].hosts
        );
        assert_eq!((shared[0].pages, shared[0].missed), (20_000, 0));
    }

    #[test]
    fn hosts_are_not_needed() {
        let mut contacts = Contacts::default();
        contacts.add("qq", "12345", None);
        assert_eq!((contacts.distinct(), contacts.shared(9).1), ((1, false), 0));
    }
}
