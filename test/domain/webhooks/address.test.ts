import { isPublicAddress, whyNotCallable } from '../../../domain/webhooks/address';

describe('MSG-3: what is an address of the public internet', () => {
  test.each([
    ['this machine', '127.0.0.1'],
    ['this machine, any of its addresses', '127.8.9.10'],
    ['this machine, IPv6', '::1'],
    ['no address', '0.0.0.0'],
    ['no address, IPv6', '::'],
    ['a private network', '10.1.2.3'],
    ['a private network', '172.16.0.1'],
    ['a private network, its end', '172.31.255.255'],
    ['a private network', '192.168.0.1'],
    ['a private network, IPv6', 'fd12:3456::1'],
    ['a cloud’s metadata service', '169.254.169.254'],
    ['a cloud’s metadata service, IPv6', 'fd00:ec2::254'],
    ['a neighbour on the cable', 'fe80::1'],
    ['behind a carrier’s NAT', '100.64.0.1'],
    ['behind a carrier’s NAT, its end', '100.127.255.255'],
    ['IPv4 mapped into IPv6', '::ffff:127.0.0.1'],
    ['IPv4 mapped into IPv6, in hexadecimal', '::ffff:a9fe:a9fe'],
    ['IPv4 in the old way', '::7f00:1'],
    ['IPv4 translated', '64:ff9b::7f00:1'],
    ['IPv4 in a 6to4 network', '2002:7f00:1::'],
    ['IPv4 in Teredo', '2001:0:7f00:1::'],
    ['many at once', '224.0.0.1'],
    ['many at once, IPv6', 'ff02::1'],
    ['everybody', '255.255.255.255'],
    ['for measurements', '198.18.0.1'],
    ['for documentation', '192.0.2.1'],
    ['for nobody yet', '240.0.0.1'],
    ['for nobody yet, IPv6', '4000::1'],
    ['a name', 'localhost'],
    ['nothing', ''],
  ])('not %s: %s', (_, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each(['93.184.215.14', '172.15.255.255', '172.32.0.1', '100.63.255.255', '2606:2800:21f:cb07::1'])(
    '%s',
    (ip) => {
      expect(isPublicAddress(ip)).toBe(true);
    },
  );
});

describe('MSG-3: where events can be sent', () => {
  const why = (url: string, allowPrivate = false) => whyNotCallable(new URL(url), allowPrivate);

  test.each([
    'https://example.com/events',
    'https://example.com:8443/events?of=orders',
    'https://93.184.215.14/',
    'https://[2606:2800:21f:cb07::1]/',
    // A name is judged by the address that it leads to, at the moment of calling.
    'https://internal.example.com/',
  ])('%s', (url) => {
    expect(why(url)).toBeNull();
  });

  test.each([
    ['without TLS', 'http://example.com/', 'must begin with https://'],
    ['another protocol', 'ftp://example.com/', 'must begin with https://'],
    ['a file', 'file:///etc/passwd', 'must begin with https://'],
    ['a user', 'https://user@example.com/', 'must not carry a user'],
    ['a user and password', 'https://user:secret@example.com/', 'must not carry a user'],
    ['only a password', 'https://:secret@example.com/', 'must not carry a user'],
    ['this machine', 'https://127.0.0.1/', 'must be on the public internet'],
    ['this machine, on a port', 'https://127.0.0.1:8443/', 'must be on the public internet'],
    ['this machine, shortened', 'https://127.1/', 'must be on the public internet'],
    ['this machine, decimal', 'https://2130706433/', 'must be on the public internet'],
    ['this machine, octal', 'https://0177.0.0.1/', 'must be on the public internet'],
    ['this machine, hexadecimal', 'https://0x7f.0x0.0x0.0x1/', 'must be on the public internet'],
    ['this machine, in full-width digits', 'https://１２７.０.０.１/', 'must be on the public internet'],
    ['this machine, IPv6', 'https://[::1]/', 'must be on the public internet'],
    ['this machine, IPv4 mapped', 'https://[::ffff:127.0.0.1]/', 'must be on the public internet'],
    ['this machine, by name', 'https://localhost/', 'must be on the public internet'],
    ['this machine, by name with a dot', 'https://localhost./', 'must be on the public internet'],
    ['this machine, by a name below', 'https://api.localhost/', 'must be on the public internet'],
    ['a cloud’s metadata service', 'https://169.254.169.254/latest/meta-data', 'must be on the public internet'],
  ])('not %s: %s', (_, url, reason) => {
    expect(why(url)).toContain(reason);
  });

  test('in development any address may be called, without TLS; a user in the URL is refused there, too', () => {
    expect(why('http://127.0.0.1:9999/', true)).toBeNull();
    expect(why('http://user@127.0.0.1/', true)).toContain('must not carry a user');
    expect(why('ftp://127.0.0.1/', true)).toContain('must begin with https://');
  });
});
