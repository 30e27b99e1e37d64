import Foundation

/// Keys and certificates in each form that files have, as OpenSSL 3.0 writes them; made for these tests and used nowhere else.
enum Form {
    /// SEC 1 on P-256.
    static let sec1 = der(
        """
        MHcCAQEEIC0YTJfnWlx+dUf/vcV9Z7ulHsu6UgWe+2BTrNIXlNuloAoGCCqGSM49AwEHoUQDQgAEZto7gmgDKQC33n65xnk31nrIm+Nj3DwqDkJ1n4AoI25X
        tQFnSK1hbFU8+qjp5Wa8AHaVeeFY7HAeEQcu5bM1ow==
        """)

    /// The same key, its curve written out.
    static let sec1Explicit = der(
        """
        MIIBaAIBAQQgLRhMl+daXH51R/+9xX1nu6Uey7pSBZ77YFOs0heU26WggfowgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////
        ////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ4
        4ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA////
        //////+85vqtpxeehPO5ysL8YyVRAgEBoUQDQgAEZto7gmgDKQC33n65xnk31nrIm+Nj3DwqDkJ1n4AoI25XtQFnSK1hbFU8+qjp5Wa8AHaVeeFY7HAeEQcu
        5bM1ow==
        """)

    /// The same key as PKCS #8.
    static let pkcs8 = der(
        """
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLRhMl+daXH51R/+9xX1nu6Uey7pSBZ77YFOs0heU26WhRANCAARm2juCaAMpALfefrnGeTfW
        esib42PcPCoOQnWfgCgjble1AWdIrWFsVTz6qOnlZrwAdpV54VjscB4RBy7lszWj
        """)

    /// The same, its curve written out.
    static let pkcs8Explicit = der(
        """
        MIIBeQIBADCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAA
        AAAAAAAA///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vObl
        Y6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8YyVRAgEB
        BG0wawIBAQQgLRhMl+daXH51R/+9xX1nu6Uey7pSBZ77YFOs0heU26WhRANCAARm2juCaAMpALfefrnGeTfWesib42PcPCoOQnWfgCgjble1AWdIrWFsVTz6
        qOnlZrwAdpV54VjscB4RBy7lszWj
        """)

    /// The same, encrypted with the passphrase `x`.
    static let encrypted = der(
        """
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhblROOOslNpgICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEMSG4SLmMtFyTsEs7nhi
        A1gEgZAJI4F9SoI3y2xJPhGI7GQcg6/1YjnpLyeTUfa4k3D08RIwQeS8h6Bhf5LwI9cMiZlqesxj7QEp+f/dxySZypE8YR5G6U6zv5v/P3+gRbedvkzj8aJL
        p+w5Hw5CrckHvGadURKfRqKPxcuoJHIwTy8dsBzPQ82IF0F1OuIUCXAtTJjV7FyQQUR3PGfF1LSHhf4=
        """)

    /// CN=a, DNS:a, for that key.
    static let certificate = der(
        """
        MIIBfTCCASOgAwIBAgIUBTk9ajLjOR1+iPmsKMUlXLgdILQwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBYTAgFw0yNjExMjYwNzUwMzdaGA8yMTI2MTEwMjA3
        NTAzN1owDDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGbaO4JoAykAt95+ucZ5N9Z6yJvjY9w8Kg5CdZ+AKCNuV7UBZ0itYWxVPPqo
        6eVmvAB2lXnhWOxwHhEHLuWzNaOjYTBfMB0GA1UdDgQWBBTPYft09puMQXDGUAWzYi/GUGGRqjAfBgNVHSMEGDAWgBTPYft09puMQXDGUAWzYi/GUGGRqjAP
        BgNVHRMBAf8EBTADAQH/MAwGA1UdEQQFMAOCAWEwCgYIKoZIzj0EAwIDSAAwRQIhAOPDfLUE9vJTABChZBBCmKN6KD2FBfHI8yMsIsWbAee0AiBoHVU93o00
        SxYoQNCGqq9QAaYTTa0amyD7fijFVeZj9w==
        """)

    /// CN=explicit, for that key with its curve written out.
    static let explicitCertificate = der(
        """
        MIICcDCCAhegAwIBAgIUW5CcBk7dSyKbHbG1yO4DO/mHgM8wCgYIKoZIzj0EAwIwEzERMA8GA1UEAwwIZXhwbGljaXQwIBcNMjYxMTI2MDc1MDM3WhgPMjEy
        NjExMDIwNzUwMzdaMBMxETAPBgNVBAMMCGV4cGxpY2l0MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA
        ////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG
        5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8A
        AAAA//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABGbaO4JoAykAt95+ucZ5N9Z6yJvjY9w8Kg5CdZ+AKCNuV7UBZ0itYWxVPPqo6eVmvAB2lXnhWOxw
        HhEHLuWzNaOjUzBRMB0GA1UdDgQWBBTPYft09puMQXDGUAWzYi/GUGGRqjAfBgNVHSMEGDAWgBTPYft09puMQXDGUAWzYi/GUGGRqjAPBgNVHRMBAf8EBTAD
        AQH/MAoGCCqGSM49BAMCA0cAMEQCIDkmIp/wsPmfNLWKCK0HN9VqjO+KF6kmLtRmIbeaB748AiA3t3hZrmYCwq7Bdv0aD4WLL5Jerao8QSHOJr4xp7i8HQ==
        """)

    /// That key and the first certificate as PKCS #12.
    static let pkcs12 = der(
        """
        MIIEDAIBAzCCA8IGCSqGSIb3DQEHAaCCA7MEggOvMIIDqzCCAmIGCSqGSIb3DQEHBqCCAlMwggJPAgEAMIICSAYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBK
        MCkGCSqGSIb3DQEFDDAcBAiiWchsjwQ/kwICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEBPGvx8OGcpwbcs+rEss5S2AggHgM9EWK5zW17DJvTOT
        KVURy0XzTIWSCbeqUN/yHDP/Tuzh0uJH1F0m6Unur/PF0HhV5YCyRa2LCopzNnIUI5Q9lJ2+pUoQoIgrACxScU5L68s4pUWdpv00Ez0hPXA9yn4n1CijDreX
        vHFXs3VTAa+Omd7gAHSpCeNIfpVU+QpGtPLGntJpYB8u8T+th1rjn3ob3PZmilGjwbloP9Tll+LhZGOhNmwKYo0ICtCGh+Cs+RNbOvjf3xNJZLtFz75Ma+I/
        2nMoQt7aELtV2brFF9NNBdHz3lPL4gzlHCdGgG6oA7V1FXvnf8dIMVsvHq2QzSRSm3zxip6YXF62APqRDG0MhkBx9rcpmJavrXA4XUB/KVp5OvK4rxBHDjKY
        zmpxVq5s2U2nj3CbZSJSkCksY88G/Jc5DvGWO0mMyXHjmNJMO0pwaUL0RS8ZRlZsl1cmd/+STfbdSG+i+KKZDbNbMOs6cTNGAwanF5C6QKnN3PvM6Z4RRN+h
        Qfp2PZBvu1i49nvEKmx+AHl1qQy0vSBOZBdX/ppCNptgXJFfIWZez249mKImeti5kChcRSQh+53gdDfUCfEEEiMS5KvhCQkgbbsRi1swdbaBrCeHiNhRtU5x
        g0e89mTWNwr0lZzfYwSswo8PMIIBQQYJKoZIhvcNAQcBoIIBMgSCAS4wggEqMIIBJgYLKoZIhvcNAQwKAQKgge8wgewwVwYJKoZIhvcNAQUNMEowKQYJKoZI
        hvcNAQUMMBwECKoXVOOYVBceAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQNuWev5agAUusQ9D/R4jKggSBkNHFjBfu2xneJ09OrY1H/pGv4B7E
        JDbokRQ6GfkN6a49oaASd+JsoJviHoUjRCujA0YYDAXCjU3rmcpmCNJBCNGbL+/Ybc1Q2FJyqJ5PS9rTmzTf5KD5HFTk5W7KzOwt2Run8WUXDrtI/3sF4jiH
        o+Jqa210z8M4xz2Hx8TIBcD1atKKFDtFwUkYXi/iekv0RjElMCMGCSqGSIb3DQEJFTEWBBTcajuV+XtE2BOHRoztW74EDMErpTBBMDEwDQYJYIZIAWUDBAIB
        BQAEIAcLhm0HOsDiB/VQq60VajIkf+PUhoQc5Ku1omDxQzOYBAjK5zNkwKLZzgICCAA=
        """)

    /// RSA with 2048 bits as PKCS #1.
    static let pkcs1 = der(
        """
        MIIEowIBAAKCAQEAx8garysaCO4fCl0O1vuCLhl0zgueYxLBhUtnDnFJp9YlFTFA8lg17gFG73yHJu8YMum/SA5ug0tOpd61Cl89itrYRNG7/w22cITmzlyT
        bMJNUN7lChgyh1P91t1iwezVoqzoC6w7UBc+OEKMh2g1da0/rnKNRhSAWZYhGMZXXesRjzOO+q6ybdp9ajxyWb1h0vtqF7U+bpU1t6UJn/I1bVws1juh/a8S
        1qE1xtVTpSBfe9wruwkfcwoaquwWMriDvvL8UdDcBIHRtU/15/WeXv7cz4ORsfJmqCvwCM6cASAiXrws+/dANCBOj5QTlZB83eWx+gS44xOh2SluY7zYoQID
        AQABAoIBAATzWHXuw35lKC/BjpSVNuydhN92Oj6KQHFlJPCergySqeiUh995gBydu3xDwbWdRyQ71pmagfKO8yv5ENNo+MVwFtvdtqLjXBn9sRp8AMs5JWFT
        pKlTYC0qT6f7ZG8Zx1F4p2dipTWe3dPXElRoqKp52JIiFI4gA+40Yi2S/Kc/GMJvQv4MBoVBsfo5Tcva0hz3LQsF7TbE5eser2hkL0BvjlbxUkzZAz/wlvf6
        myiGDF2yDSp/4W9Hj4gt43YVrCmRZrW3/Nx06WYnc41jwy4Jrf9a40ogCpn+6fFQQbN8ytIQxg6KeH97xqC388Ia8DSZyWJ4KRXt6UFGhTQIwAECgYEA5rk4
        kWjrIkjg1bC0RpjYaOa/6g/3ccbUcBsdJCV81kzKjo8xI5QJu3oOV9cLR0m1Qel1WIoKyeJrNXsjMJOmFVZmfHK6x3YXmRns2jV66BwY1B5vEz8PVF9BXmRk
        F3nPp5TkW1GXHd4griJ9hk5Xn/P/rJdskoj5oxmLD9cjVsECgYEA3asZqYBDeT4psnTqiEKwU8EnAZNA6i5bJXNzUhO+khpzi5kQmnHzg1lyQDYpZWaT9eNc
        SQQPXoZgB0bkESILxYr7blrgtUZA8YDFNCfeP2+IE+DcluFWWJWaf/OEhnXljeJ/hhvKN3dfxEoAaGHpDOhSyrRSOtSVtbve7KYk2eECgYEAzqPFDjaxoRs0
        gy6nxzLNX+aKq89xBu3VBjLCfsU0cZqFL/j/QaYssUQ35GQtLcPOGyJEfu/jibzH2DZY5gDXFvUzBPKcZlhV+kFF6IlNcuT3N8OqJ8qqqB5IJYo0OvJWEPlB
        LKh+d7mh+1PYqJkx0YhuzN0x2GvlaTZPXfiJJgECgYAWx7GgcLT+bbv9QfSkQi46vTvT9p0SM+dcBuxQAAVyoFNFglppdNJwqi2KmcZRTGRiPZZLTqaBsU+H
        D+r6M8R/7ZN/OMmk925PI0ug24QEguK6ID6rJscn3V/+TDlPVCheF2vBjXOPla36zxwRnhZEJE/10ugscZJdFcyIB178IQKBgBa5r93vxnRkA4ip/gVzHsbz
        em+AqJIFjyuJVqssYOcqZewxhPBcLkuuO2TXEfPGg9Y4wmXokH2Pzvnh0R0VgXa7CfET5kKRLHHkiRcGabPj9UHPKM5iEtmRnu0UCOUelrmEBSeXvWuaVW0n
        eHTiJxMkua1NuMiMDZM3jMXwUhcy
        """)

    /// The same as PKCS #8.
    static let pkcs8OfRSA = der(
        """
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDHyBqvKxoI7h8KXQ7W+4IuGXTOC55jEsGFS2cOcUmn1iUVMUDyWDXuAUbvfIcm7xgy6b9I
        Dm6DS06l3rUKXz2K2thE0bv/DbZwhObOXJNswk1Q3uUKGDKHU/3W3WLB7NWirOgLrDtQFz44QoyHaDV1rT+uco1GFIBZliEYxldd6xGPM476rrJt2n1qPHJZ
        vWHS+2oXtT5ulTW3pQmf8jVtXCzWO6H9rxLWoTXG1VOlIF973Cu7CR9zChqq7BYyuIO+8vxR0NwEgdG1T/Xn9Z5e/tzPg5Gx8maoK/AIzpwBICJevCz790A0
        IE6PlBOVkHzd5bH6BLjjE6HZKW5jvNihAgMBAAECggEABPNYde7DfmUoL8GOlJU27J2E33Y6PopAcWUk8J6uDJKp6JSH33mAHJ27fEPBtZ1HJDvWmZqB8o7z
        K/kQ02j4xXAW2922ouNcGf2xGnwAyzklYVOkqVNgLSpPp/tkbxnHUXinZ2KlNZ7d09cSVGioqnnYkiIUjiAD7jRiLZL8pz8Ywm9C/gwGhUGx+jlNy9rSHPct
        CwXtNsTl6x6vaGQvQG+OVvFSTNkDP/CW9/qbKIYMXbINKn/hb0ePiC3jdhWsKZFmtbf83HTpZidzjWPDLgmt/1rjSiAKmf7p8VBBs3zK0hDGDop4f3vGoLfz
        whrwNJnJYngpFe3pQUaFNAjAAQKBgQDmuTiRaOsiSODVsLRGmNho5r/qD/dxxtRwGx0kJXzWTMqOjzEjlAm7eg5X1wtHSbVB6XVYigrJ4ms1eyMwk6YVVmZ8
        crrHdheZGezaNXroHBjUHm8TPw9UX0FeZGQXec+nlORbUZcd3iCuIn2GTlef8/+sl2ySiPmjGYsP1yNWwQKBgQDdqxmpgEN5PimydOqIQrBTwScBk0DqLlsl
        c3NSE76SGnOLmRCacfODWXJANillZpP141xJBA9ehmAHRuQRIgvFivtuWuC1RkDxgMU0J94/b4gT4NyW4VZYlZp/84SGdeWN4n+GG8o3d1/ESgBoYekM6FLK
        tFI61JW1u97spiTZ4QKBgQDOo8UONrGhGzSDLqfHMs1f5oqrz3EG7dUGMsJ+xTRxmoUv+P9BpiyxRDfkZC0tw84bIkR+7+OJvMfYNljmANcW9TME8pxmWFX6
        QUXoiU1y5Pc3w6onyqqoHkglijQ68lYQ+UEsqH53uaH7U9iomTHRiG7M3THYa+VpNk9d+IkmAQKBgBbHsaBwtP5tu/1B9KRCLjq9O9P2nRIz51wG7FAABXKg
        U0WCWml00nCqLYqZxlFMZGI9lktOpoGxT4cP6vozxH/tk384yaT3bk8jS6DbhASC4rogPqsmxyfdX/5MOU9UKF4Xa8GNc4+VrfrPHBGeFkQkT/XS6Cxxkl0V
        zIgHXvwhAoGAFrmv3e/GdGQDiKn+BXMexvN6b4CokgWPK4lWqyxg5ypl7DGE8FwuS647ZNcR88aD1jjCZeiQfY/O+eHRHRWBdrsJ8RPmQpEsceSJFwZps+P1
        Qc8ozmIS2ZGe7RQI5R6WuYQFJ5e9a5pVbSd4dOInEyS5rU24yIwNkzeMxfBSFzI=
        """)

    /// CN=rsa, for that key.
    static let certificateOfRSA = der(
        """
        MIIC/zCCAeegAwIBAgIUCF8MPAl7FVg1P0Nd74rtkRz9d5UwDQYJKoZIhvcNAQELBQAwDjEMMAoGA1UEAwwDcnNhMCAXDTI2MTEyNjA3NTA1NloYDzIxMjYx
        MTAyMDc1MDU2WjAOMQwwCgYDVQQDDANyc2EwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQDHyBqvKxoI7h8KXQ7W+4IuGXTOC55jEsGFS2cOcUmn
        1iUVMUDyWDXuAUbvfIcm7xgy6b9IDm6DS06l3rUKXz2K2thE0bv/DbZwhObOXJNswk1Q3uUKGDKHU/3W3WLB7NWirOgLrDtQFz44QoyHaDV1rT+uco1GFIBZ
        liEYxldd6xGPM476rrJt2n1qPHJZvWHS+2oXtT5ulTW3pQmf8jVtXCzWO6H9rxLWoTXG1VOlIF973Cu7CR9zChqq7BYyuIO+8vxR0NwEgdG1T/Xn9Z5e/tzP
        g5Gx8maoK/AIzpwBICJevCz790A0IE6PlBOVkHzd5bH6BLjjE6HZKW5jvNihAgMBAAGjUzBRMB0GA1UdDgQWBBQtDDJocG/NMORiiE+F5ODo94oswjAfBgNV
        HSMEGDAWgBQtDDJocG/NMORiiE+F5ODo94oswjAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4IBAQAeAJR2QIyarLrLLP2zqNnS4BeIQBIxhUiX
        ysjEfgj3DPyTsOe01yNrW+RSn6ehtXanv1WsV/wrvs+ZcuJZ4EFC8ekxFu0fYJU/jUqywAWS6YjCdQFn7isCMvytolB7O0jdziBo8qIkIrRoux+Ffplvb2FJ
        ZPV0VUxNiigBFsCX0zb9BLy8REeJ9niZEuKRRiAW6FVA2ByPFLUsOEvlsJbdGXVKpStlNXPZ4/zpb7j9JGycnav9/L+GLmyt+kjXXoDJ1NaD6IynsTNHa97u
        5GlY/88zyuZOUmyBtkv4yjWW+4m7q/vPusAfyhGI/FlUOSdTRRDOxVKTIO1Rjaep/Lwf
        """)

    /// Ed25519 as PKCS #8.
    static let ed25519 = der(
        """
        MC4CAQAwBQYDK2VwBCIEIL9S9FVLc7ngeCetHIsGWX8NeZmHEYi2T6WNf4eesNPz
        """)

    /// Ed448 as PKCS #8.
    static let ed448 = der(
        """
        MEcCAQAwBQYDK2VxBDsEOWz87FqWX+M4dj3wm+e8tsSJ0HQyo1vWEB8VQ8E5j1f0tOlNiGFxbSqPllmZajkeUSJUAWaGQwi+RQ==
        """)

    /// SEC 1 on secp256k1.
    static let secp256k1 = der(
        """
        MHQCAQEEIBT4W5s0d/CvxUuqEXSSk+yfNzKNzY38I59kG6sc6LDtoAcGBSuBBAAKoUQDQgAE6YJ3oWgX6iLTYOttXjNb5f+omJP9+V6OKoBy0mxk0CsS3C1s
        EM6LTbeKU3QAss0/iFa1wtmtN5GyRXmYIjQEzw==
        """)

    /// CN=k1, for that key.
    static let certificateOfSecp256k1 = der(
        """
        MIIBbjCCARSgAwIBAgIUceCSci4d/XflnXf1FWsYWjzSpMowCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCazEwIBcNMjYxMTI2MDc1MDU2WhgPMjEyNjExMDIw
        NzUwNTZaMA0xCzAJBgNVBAMMAmsxMFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAE6YJ3oWgX6iLTYOttXjNb5f+omJP9+V6OKoBy0mxk0CsS3C1sEM6LTbeKU3QA
        ss0/iFa1wtmtN5GyRXmYIjQEz6NTMFEwHQYDVR0OBBYEFIjMoB/Wkd23IwCnlLhiV1hyaIY9MB8GA1UdIwQYMBaAFIjMoB/Wkd23IwCnlLhiV1hyaIY9MA8G
        A1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhALLH0knJbxP3Vewv5P3/8YG3yYi892lhR2Lxvo+FNxvxAiAbNwMeRA4XYRCAZbFUQn7OEALu7cRg
        DYMTXnvX4LWwfw==
        """)

    private static func der(_ base64: String) -> [UInt8] { [UInt8](Data(base64Encoded: base64, options: .ignoreUnknownCharacters) ?? Data()) }

    static func pem(_ label: String, _ der: [UInt8], _ lineEnd: String = "\n") -> String {
        let body = Data(der).base64EncodedString(options: .lineLength64Characters).replacing("\r\n", with: lineEnd)
        return "-----BEGIN \(label)-----\(lineEnd)\(body)\(lineEnd)-----END \(label)-----\(lineEnd)"
    }

    /// What `openssl ecparam -genkey` puts before a key.
    static let parameters = pem("EC PARAMETERS", [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07])
    static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
}
