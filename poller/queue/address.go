package queue

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// privateRanges are the addresses from which an output is fetched only if the base of its task
// has an address of the same kind. They do not include 198.18.0.0/15, because some VPN clients
// answer all DNS questions with addresses in it.
var privateRanges = map[string][]netip.Prefix{
	"loopback":       prefixes("127.0.0.0/8 ::1/128"),
	"link-local":     prefixes("169.254.0.0/16 fe80::/10"),
	"local network":  prefixes("10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10"),
	"carrier NAT":    prefixes("100.64.0.0/10"),
	"unspecified":    prefixes("0.0.0.0/8 ::/128"),
	"multicast":      prefixes("224.0.0.0/4 ff00::/8"),
	"reserved":       prefixes("240.0.0.0/4 192.0.0.0/24"),
	"local NAT64":    prefixes("64:ff9b:1::/48"),
	"cloud metadata": prefixes("168.63.129.16/32"), // Azure; others use link-local
}

func prefixes(list string) (all []netip.Prefix) {
	for text := range strings.FieldsSeq(list) {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// embeddings are blocks of IPv6 addresses that lead to an IPv4 address within them.
var embeddings = []struct {
	prefix netip.Prefix
	offset int  // of the IPv4 address, in bytes
	mask   byte // each byte of the IPv4 address is XORed with it
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12, 0},    // NAT64, RFC 6052
	{netip.MustParsePrefix("::ffff:0:0:0/96"), 12, 0}, // IPv4-translated, RFC 2765
	{netip.MustParsePrefix("::/96"), 12, 0},           // IPv4-compatible, RFC 4291
	{netip.MustParsePrefix("2002::/16"), 2, 0},        // 6to4, RFC 3056
	{netip.MustParsePrefix("2001::/32"), 12, 0xff},    // Teredo, RFC 4380
}

// privateKind returns which kind of private address an IP address is, such as
// loopback; "" for a public one. It looks through IPv4 addresses within IPv6 ones.
func privateKind(ip netip.Addr) string {
	ip = ip.WithZone("").Unmap()
	for kind, ranges := range privateRanges {
		if slices.ContainsFunc(ranges, func(r netip.Prefix) bool { return r.Contains(ip) }) {
			return kind
		}
	}
	for _, e := range embeddings {
		if e.prefix.Contains(ip) {
			bytes := ip.As16()
			inner := [4]byte(bytes[e.offset:])
			for i := range inner {
				inner[i] ^= e.mask
			}
			return privateKind(netip.AddrFrom4(inner))
		}
	}
	return ""
}

// literalKind returns which kind of private address a URL's host is, without a DNS lookup: an IP
// address, a name of this machine, or a number that resolvers read as an IP address (2130706433,
// 0x7f.1). It returns "" for any other name.
func literalKind(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		return privateKind(ip)
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return "loopback"
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") && strings.Trim(last[2:], "0123456789abcdef") == "" {
		return "a number in place of a name"
	}
	return ""
}

// PrivateAddressError is the error for an output at a private address, which is not fetched.
type PrivateAddressError struct {
	Address string // an IP address, or a host name that stands for one
	Kind    string // such as loopback
}

// Error names the setting that allows to fetch the output.
func (e PrivateAddressError) Error() string {
	return fmt.Sprintf("not fetched: its address %s is private (%s); --allow-private-outputs fetches it all the same", Clip(e.Address, maxWord), e.Kind)
}

// privateKinds returns the kinds of a base's addresses, "" for a public one. It returns none if the
// lookup fails.
func privateKinds(ctx context.Context, resolver *net.Resolver, base *Base) (kinds []string) {
	if base == nil {
		return nil
	}
	if kind := literalKind(base.origin.Host); kind != "" {
		return []string{kind}
	}
	addresses, _ := resolver.LookupNetIP(ctx, "ip", base.origin.Host)
	for _, ip := range addresses {
		kinds = append(kinds, privateKind(ip))
	}
	return kinds
}
