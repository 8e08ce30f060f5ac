// How a search matches names: by letters and digits alone, so that gpt4 finds GPT-4 and rtx4090 finds GeForce RTX 4090.
const matching = (() => {
  const plain = (text) => text.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  const words = (text) => text.split(/\s+/).map(plain).filter(Boolean);

  // What a name is found by: the name as one word, and each further word by itself.
  const terms = (name, further) => [plain(name), ...words(further)].join(" ");
  const finds = (asked, found) => asked.every((word) => found.includes(word));

  // The nearer the name is to the query, the smaller: the name itself, a beginning or a word of it, a part, other words.
  function distance(name, query) {
    const [whole, asked] = [plain(name), plain(query)];
    if (whole === asked) return 0;
    if (whole.startsWith(asked) || words(name).includes(asked)) return 1;
    return whole.includes(asked) ? 2 : words(query).every((word) => whole.includes(word)) ? 3 : 4;
  }

  // A query that the address of the page holds behind a mark; nothing where there is none that can be read.
  function asked(mark) {
    try { return location.hash.startsWith(mark) ? decodeURIComponent(location.hash.slice(mark.length)) : ""; } catch { return ""; }
  }

  const keep = (mark, query) => history.replaceState(null, "", query.trim() ? `${mark}${encodeURIComponent(query.trim())}` : "#");

  return { words, terms, finds, distance, asked, keep };
})();
