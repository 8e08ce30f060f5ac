// Data that a page holds packed: JSON in gzip in base64.
async function unpacked(id) {
  const packed = atob(JSON.parse(document.getElementById(id).textContent));
  const bytes = Uint8Array.from(packed, (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}
