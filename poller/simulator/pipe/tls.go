package pipe

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"sync/atomic"
	"time"
)

// CertificateKind is a kind of certificate that a server shows.
type CertificateKind int32

const (
	// RightCertificate is valid, for the right name, by the authority.
	RightCertificate CertificateKind = iota
	// ExpiredCertificate was right until a day ago.
	ExpiredCertificate
	// OtherNameCertificate is right for another name.
	OtherNameCertificate
	// UnknownCertificate is by an authority that nobody knows: its own.
	UnknownCertificate

	certificateKinds = iota
)

// otherName is whom OtherNameCertificate is for.
const otherName = "other.example"

// Authority makes certificates, and nothing of it is ever on a disk.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewAuthority returns an authority that is valid for fifty years back and on, so
// that it also is under a fake clock.
func NewAuthority() *Authority {
	now := time.Now()
	certificate, key := sign(&x509.Certificate{
		Subject:   pkix.Name{CommonName: "polltop simulator's authority"},
		NotBefore: now.AddDate(-50, 0, 0), NotAfter: now.AddDate(50, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil)
	return &Authority{certificate, key}
}

// Pool returns the pool of a client that trusts the authority.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// sign makes a certificate with a key of its own, by an authority or, if that is
// nil, by itself. It panics if that fails, as it does for no template here.
func sign(template *x509.Certificate, by *Authority) (*x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(fmt.Sprintf("simulator: make a key: %v", err))
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.certificate, by.key
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		panic(fmt.Sprintf("simulator: make a certificate: %v", err))
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		panic(fmt.Sprintf("simulator: read a certificate: %v", err))
	}
	return certificate, key
}

// TLS shows a server's certificate, which can change while it serves.
type TLS struct {
	shown        atomic.Int32
	certificates [certificateKinds]tls.Certificate
}

// NewTLS returns what shows the right certificate for a name, by an authority,
// until asked to show another.
func NewTLS(authority *Authority, name string) *TLS {
	t := &TLS{}
	for kind := range CertificateKind(certificateKinds) {
		now := time.Now()
		template := &x509.Certificate{
			Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
			NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(0, 1, 0),
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		by := authority
		switch kind {
		case ExpiredCertificate:
			template.NotAfter = now.AddDate(0, 0, -1)
		case OtherNameCertificate:
			template.Subject.CommonName, template.DNSNames = otherName, []string{otherName}
		case UnknownCertificate:
			by = nil
		}
		certificate, key := sign(template, by)
		t.certificates[kind] = tls.Certificate{Certificate: [][]byte{certificate.Raw}, PrivateKey: key}
	}
	return t
}

// Show changes the certificate that new connections are shown.
func (t *TLS) Show(kind CertificateKind) { t.shown.Store(int32(kind)) }

// Listen returns a listener whose connections are those of another within TLS:
// for Serve. They speak HTTP/1.1, as the faults that break a connection need one
// of their own.
func (t *TLS) Listen(l net.Listener) net.Listener {
	return tls.NewListener(l, &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return &t.certificates[t.shown.Load()], nil
		},
	})
}
