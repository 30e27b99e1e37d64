/// Two self-signed certificates, good until 2120, for `localhost` and for `other.example`; their keys protect nothing.
enum ServerCertificates {
    static let localhost = (
        pem: """
        -----BEGIN CERTIFICATE-----
        MIIBYTCCAQegAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
        c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
        CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOQSo5E9oVuzWoz9
        WyMfE9VuE8A2zM53F8QveEn0cV1uJ1UOJts2wMdXpX+qrMR9UQbnh6N6Pxg96zqE
        psOWrImjSDBGMBQGA1UdEQQNMAuCCWxvY2FsaG9zdDAPBgNVHRMBAf8EBTADAQH/
        MB0GA1UdDgQWBBTsu2q+LLoIX2LuzxLqesLFX6CduDAKBggqhkjOPQQDAgNIADBF
        AiEAwRxjUTrsKrOScVpcYbGLM4Lg7fmnad0iEnGoIJDdqK8CIEb95Hb83JU1u7I0
        XiBESa2TwRJ8otZjaYikoMVOOWao
        -----END CERTIFICATE-----

        """,
        key: """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpAMCsJwtrYVaWdsC
        K4yixOueEtxlaDmChVfKAuDFgYGhRANCAATkEqORPaFbs1qM/VsjHxPVbhPANszO
        dxfEL3hJ9HFdbidVDibbNsDHV6V/qqzEfVEG54ejej8YPes6hKbDlqyJ
        -----END PRIVATE KEY-----

        """
    )
    static let other = (
        pem: """
        -----BEGIN CERTIFICATE-----
        MIIBbjCCAROgAwIBAgIBAjAKBggqhkjOPQQDAjAYMRYwFAYDVQQDDA1vdGhlci5l
        eGFtcGxlMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAYMRYwFAYD
        VQQDDA1vdGhlci5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9vVx
        DyZZi5GUNScU2JbFH2iMbl6QStYXyx4s1APecIadv9KsEAEfbn7iOcnIV32F4vuT
        w94oCL1aQPI9I9LXcqNMMEowGAYDVR0RBBEwD4INb3RoZXIuZXhhbXBsZTAPBgNV
        HRMBAf8EBTADAQH/MB0GA1UdDgQWBBTHCfI0XH1Ze+pe+CJF3hTxhH7tAjAKBggq
        hkjOPQQDAgNJADBGAiEAnSJilSwUvir135mYatUsIgg8vD7du2AldAaYVnlVTO8C
        IQDyZw+EUIr1g63C4c/qxLbAfWMnOpETuPDvhac6XwWT1A==
        -----END CERTIFICATE-----

        """,
        key: """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgw0pXQLaPHTfTNZnZ
        OUZ2bDjWQuS61pFUbu0g410PjUWhRANCAAT29XEPJlmLkZQ1JxTYlsUfaIxuXpBK
        1hfLHizUA95whp2/0qwQAR9ufuI5ychXfYXi+5PD3igIvVpA8j0j0tdy
        -----END PRIVATE KEY-----

        """
    )
}
