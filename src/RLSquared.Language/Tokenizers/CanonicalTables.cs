namespace RLSquared.Language.Tokenizers;

/// <summary>
/// Combining classes and canonical mappings of Unicode 15.0, written by <c>tests/unicode/nfc_tables.py</c>, which
/// says how they are packed.
/// </summary>
static class CanonicalTables
{
    public const string Packed =
        "vVp7XFVVvl9r733OYQPngCiKWuaolVlTlimTRpaVzWTNtWyuMzU9pjtN81CypqvNTDMhKAnKQ0VT8319ouILDVEUX2RovkVFUEI8oZbgI7" +
        "Qkur/vb68FnJPa/dw+n/lj/9Zvr/Vbv/V7r98+MMpMcLfySyGqpTDLnFEckcIiXBY7cxhDabScVw/Ia+mh0aB3g0ZZJiVGZqHYSY2fJvxM" +
        "4BjulxMNyy9TDEFUJqgUJ3HcwV2Eu3C4WpN6rUpxDRUiTIhwIbxC+ISIECJSiBZCRAnZUohWQkQL0VqKNlLECNFWCoePFFE/ZwU6CHGLEB" +
        "27i/ZC3CTEzY0zQvxEiE58HjSwmp9fJiNF59fcfmlokYmtQUuyGUln0aWDCNzFo6Hs0WgXrXGz9+CR9s2W7qZJm8YYOluG+NngksS7kxg/" +
        "qJ1Ba90gMvznDZSrcTS0MFp1oxmB0vlB4YkUttlMjtd5pjvNxDEW3wy+pxGPeE6IF15jfKi0Cb4L5HUhbK/5lyFyOCN/f4pOac/ewHNExo" +
        "qRdE4i4aOky0yUBnAW18bwEJENEx4p7WcJ2+MieXM90u4g7BlS2KEk0k5JcZEhOUAckY9pjz8h7FbkcQRadyswqKQMVFqoYCT5I4R9m1ae" +
        "7N9L2r2FJ0zajwrPFDa8UDnSFPTSLS0idxNq0nSRlE37m+yPBChR/qS86qKTpUrNlTYlTbNA2OtiMZ1UMZiVxecEhoxsFKahDQmZRtZ55R" +
        "a/zLaYbZVKbzKSrJB/kiEHz8JIlu2XHYnhQHqyDGHfKuwPaGP7Fn75AIUJvb4sPOHCrgGxVgpB7+LA98v7hV1HG1bMlKLdSDe0dTvafuoh" +
        "yko4eRICdYKX3e2XXVlm5mMJe772VIFF2iXBdgPp3P4yKD9Is3uD8qOQjr1D2D5hPyBsITyPE313aT8kPE8J2xaeP/PsKqpZFEkDJaIyhu" +
        "QzSZhPJcLb04Y4/RdTXZU8/EvYwxn5q7DTDMYSDWlbwjOdCAYJO0rYz5DQprATDY5JeltsSnvZB9KSfYj7Olu6l04lAxTdIY/AW6YgG1hH" +
        "ZIiH7GY54daBVM1CIK1vT1tkJAWo27EuLPV7ofL+soF8I9p6U1Y3ql7hIQMPRYUUnrTIQpkoE8IlTmp6QiXqtWH1Jn5PN5snupCIgHcjlH" +
        "LMcH1vvxkeEbTPK81I+W85xxA+Kd8g4z5MId3XUuNjztjnafVuqDE0cIwTPJpxEUH7NX0/NcYqfi3Ve0gQ3cOK3y8UPyNoPUiuvo9Iy7DV" +
        "nid5NOIGqLWn1NiTR1ef6GvOW9+T2dHJfKDlNellXHSQTE8GrfcKeDfjWlxHh2DdeyvbKPn7CDVP/jG8TXgzGTv9qgOPvh4O7c2v3+ys36" +
        "P29ggad0utrEuNrdXYxjHeG0qoUS4CBj2bXcq1BUaksxSreMX+zBnrXE84pK8TwVqTkD0hZNbHHTOZ90qHLEcaAbFCl5EzfmncFGiYWPPG" +
        "7z2C3h/4gfdHuwUG6eAePHqeVoETq4KuUj7uII8oyXYabgdpcLscFZd4nKU0Iz30/XCylxBGFyqr0YnhovsMOTJchF5F+SqVieSp/WFEvT" +
        "qMZuWGMExYgh8j3Hkk2Un2E7Ld7yj1YgiP8Tpzik52obXOai2M1tQeVxRuHZ+8KxnuFJHUGnml1dYnXV2JiLSXrcNlWLSQHUnUNq6wJpr+" +
        "RBPbRBPzahTr9WSBdILUN0AE2M7s6djSLDIsxwKjTRGU8p7AcFahZh40VARdNtSOQUGUfZV1Y51YNFVgLTbyPJO9Tm3qB2/Q2F/KaXIyMT" +
        "JuF7IFdYol1lJ7b5gMiaR9biG79BHsDH5C1QM8ip4QIYasMEah1N0nIwf0dNzWTojnko0EQ5jUz3Z+tGmv2QEdQ56Va9Etck/AptgKudaQ" +
        "vf54r6OZvE++m2A0SPnOBUnQ4xMstSFuJzfdJt+7IvfLRsp0uQA9jIHy7abIc3WTp4z9rhUeEUqNsyu06fH2NEXoq6OJlaAgSCTvG3S2nU" +
        "RXT1S/+GuSD802LkhZEV14Z/pddDOIgMeikLnjWQc3LccrBhmtwDVyyKxXlDf7KJ+opO6rcrJYvuwg243wa1P0bRlYmsqM3yidDWf80Px1" +
        "oL+TPYOcle0eXRJUNYpzB52hSmrfh9ToU3Qqs3fJFx3kYx1jjReDki6uvTNmjYhzzjw04nlFoaIxbnBQaVVnx8VeR1+PLqWDA4XKQTI2V/" +
        "xrUwSybqzoiuVeLdT4d5RQcYMCKXabsQ5FqEqmxLcVMuMdcWP5Gq+dmMCK7zcHOxwMnzMutuygy/fxoItJKdhXXsdC2otqPc4OuvSVZJ1R" +
        "4Z6h6LecKjjOcknXVUvL71RluaXxitLHRakxzBnrh6ukKtCI1GOUGsOcMX+420E++lvvwEM0r2Jp3viw6SMU7xN/01a4P/BK1SyLf0juFZ" +
        "rV0bd/QG75sDN+4Ao645IV8X/bucylfdj/mop7asM7OhV25tDbA6NWJmqNh77okJy7LslCTbI2iMS8PLSLs5IcH7SyVa/svy7bifGK7dz4" +
        "HyHccs1l43W5XNRcEr8nZbyWMnjlfb0y+XpsjcPxL0ijmpYNvg0wPUsLk3NdYWo0ScMNSJIIs7+jviIKnx8RwFoBawGsNbCWwDoCawfMCy" +
        "wSmAdYKGFm1ZBUr6oB/8+nk/hx+1/9kfuvxv8T392wFWzzbTzN2WT5UCpyqcMo6z8ZpgjwuRjNxiGdjYEpXmHOCR9F6k/5B5F9jY0taGMU" +
        "bZyJjZ8NSyGGbbGjAwzWHthNsNdeXuEvJpw5dtgI54ROdMJfYdZnwRaW+d2IprNvphWj+s3Gj0VsPa+3hhNBTxzQaYFaD/mt0+UNaMbip6" +
        "C4bRFRnA+jyMgPw/sn1LWYee9CsFPxzgVh2KREKZRY9iZEvRV0vXFyD2D3g/Z0GCww/Z9OuzPfWP2mENZ6L71eovbijclJstbpU1vSc8s7" +
        "qkeli6wnuYy6De62Yro7zUT7u+nd5zQVaCjaTBpDH9rGDsAwatTkHGDcye5iDPnTTo1uZ/SoEXyaz3fuJRxLGA6He19UeFe17+HAkHhwQc" +
        "8apyFfFXG4VW24qA0ti96yRn6vG7rRg8M13tjNueUNxzZ/IuPnkHa+m8S/5TBzggxU3WpNXWKmOflLY+UWWlo4CT/0LJ0FmES9r/xyBIGC" +
        "RLz7WxM4l2PwL0FCTpoKLKESSxPPAyZGECjrBNJnCOTh4+YStcr0lUeg3iKQQ/2xnDoN1KvCMekjkAps4yMESu8nkA4O5cvA3d+SwMyXsP" +
        "EmAvMGEqh8mcCHSVhe+ySBbYOxDD5rmO/Md8GjLYHF8/E+7ScEFuB9HhSYB4UyRmN7JRTcDbF2PYGNMQS+wTk5ODYX4qdibinYLIDkybeC" +
        "JJLAZHwkHGNr+U0CWzC5H9R1DwL8lMC+X8KAH4OmGCt5/01gAwg/+hmBvZCp9j8InOkKI18BYRYUqewFFWDNM5CuENSZwBa9QuB8GoS/sB" +
        "bk5fmAt9Azew6wbdjux2FjYJvTdxL4bC5LCcWu4DtAplwELMMhJZDmzNOQ3UNgZQpWdnwAeHke4MG+ELc/gYa/E1h4M+bgkAI27lp8IxVh" +
        "JbMnrACVTvyDwBcZWN4zjqPjNtj5PZyM2pEKY3/JvqqDFQuB1T4PNyBsMuGlIjjtm/YEVl9lJyKCKltB72jEDlYuwGpH4KXkt0ANUUqhTz" +
        "w9p1bASCUcMFgoYXmObQXMQ7xVAMvF+RO64WjEQgJqWSIOOAg+dTYCvjeBGhx15i6ogb2nRoH5FIBc7Js8DJGOuNwLK25eDt5H4LBx7I+O" +
        "8E8/AuM7E5gzAcvZmCxDoC3Anm04aykC5hyHJs46AqwM1hoFOvbHbATb1LlYKVqEiXEIiTGwzLLDeF/zC8QJuC0CD/Z9LsJ2fwvIjFCpBn" +
        "YJeiXcDRIEbAp+bJa7NgJ+kg72VYPgFrxPh0XWwgOlwGYDmwc7FMOy04cixj7ElkR8CWftw56pXB3KeoA/ZhNGY7aA+V9wQ2u4sAJp0jAW" +
        "k+vGY8Mu2GIpnF+GoKmDDXNdOum2IIbzQJKD1aVQC/4vgVmXwgbbWfQ6iLTuzzD9cERUGAz8OGwAJ1QjwDJhoQz8PCurkS75iJR14J+NuS" +
        "qc+T+3E/gUDm4Ar+UXsPIFq3eZA+k11K37dNgl/xHOZT1XIWEOIBnS2QHlUDYRaZwEi9TwGfORgAlkQhNhaOTSsrnkWTiJeRQidKog5mP0" +
        "4OU58EP5Wg5xGkgrI5vOMHZRdJgJcE0qRYdVBR+j7P4avOCiJTh0VRsE4HSuHVzzcMgV6Ak58PcGOQWn7ec6ArAClt7LZDge9t0FRRchBp" +
        "9CocBaPpJmAdgeB6jGpirEa5Ghyxbz/Qav57B6HPFXild4AjzANVxp+Yr6NaWKIwqrDeBRDT8gU5FrlZY+kxNuir6TNuDtAlQex+nvUvS5" +
        "iDgYrQwJz9lbAgvlgc879Iw9wYGZgpq7JInEME/u4csEEk3lUgbWqQAIqXRw/gOUBEOuLWMAOLVroe4qYJynSPTpXAxgt4M+pedsQ28qwe" +
        "IXwDgTWPQXkGNARnHWQ/4VwIZgE+g3WNrEIUqmokhtsHS31hmhkMMeNHXmXkC4n4xWXZusk1qdbEMZaRtowb4EM7iN79O3IPw6BYyLYYmZ" +
        "IKoDUSG2rAKWBVbpeJ2GwMg39KWWyQaUyiD7sRVl+zdKKWxD3k+RumrVY6oC2l2y9EWdD8bjoOhuvtQAUnHEz+mJUdGTg3zPQhSUzUVU4X" +
        "UuKl1NBfxbh/BDIZi9A4zSEVTJ7IhZDRB0MqGPnfZbVCeM+9wirEUrgZ/TZOEhj3Sw84c80Q4mQpp+Ogx6DOvac3o+eAx47qCvd0+4k3Ok" +
        "yK5uZ7JD6paEcL8XQfIkUcyXOh92063skJwQ/qmxxqhyFeEvNi1poZ2slw1mlclE37qveBN9ckGtsa3CdabC5Zzii1JaND2Dc2VbJUaUM/" +
        "JXqRCFu6xv08LLt1OzaavfRrfshIeTPgacLlXRSZf62nhIT9+DCwJpmFcE+x494FUpgEBAIS/ejZntmzFX9pYqLvU8+TlDMF4ONxaGqbMP" +
        "onDKA9/Bl6jaH7+tG6zWqvIhMbdiomq4CmfUubsUhY7s36vqE6WivJWiFeopLcX5l/2Io51vqRI05jgma8q9qmxhjvuNnTq8H6YHEvEVja" +
        "Y2Wa/0U4y7qbsLh6O1XIRon4Wj5wKMRaDjFjkKDXfj/thkKctATu5/dxuqfnIS19ZCnpM1XqU8uHZVJyRwYfnKqwvK1YtAX1JJM4NveTCr" +
        "SZPKoFMydbmBtFnfgD7lildJ3kHtLK7HzMp67VHO+c9gk81cCjdO1Pzm6QszZzQINycCFjGsGelTBQAeKZbKPacms1jcjP6nOheOTeMSsW" +
        "UecjmNYTXPuNUDnTMnwqELJwD6M31KixOjIF7BWKne13Blr/wcPLZtAF6TooMhgxvUcwz/oAIDF3EmREtji+HvBrWMJUzle2IKYKKuyXAX" +
        "vPhbJRNKVHsVfi+puRAVHq21Yzhg4Hf+GrjC98+MWYAjuamUKo63cFc8u2l5HSZi6fmKG/M6ZtRNpeEAfK/xTNESQPR+G7Kx7dNFgNmQtR" +
        "yCn+AyX7sMcDzfHOg/y55Xti35FXKNSzS6nYX8JVHPXX6ISgZ8DOB2qVgJzhc/g3Er+TY8zTKbyqB7l2O9gGE5Vs5g5cs1/LnEHzesI9eT" +
        "eu7qmDSD4ej1fNuyz8atxcz8NYBjeWYHw+eVqbB33nqsJqESHEcHdTifaw1XnK83+VSMcvpyFzNQ3U5/UXgHVYRWbQTtAd5RB3n/BYs73V" +
        "IRIC65LG7dlm8FPMOX2Cbd2GQwxtdWTxXzKRzw1cU60MJU2tXugzU37QHcwN91acxx5g42AJfSdkrF2t1sGobweeF+YBsh4GpGkVgFB7jH" +
        "YXj0gM6BmSU6ULqpmOQ7upynJ3C8zSvjLD0GuKgccCvPHF+BdJqRAzjXj5m7dTOWsTlSVYgjx7iF+9ynStUvVcQvrvYp3wiV33O4G5/HsZ" +
        "DCcDYHwG6wmlED8nd1KdvH/VryISzNuoilMV/5FJ+zl4DlcZvOv07M5W+bVqoslvJvDiW6yJ/nO//wSZDs94PfJ9/5VLRvZUetOo3ZY0x3" +
        "Ev/UITM5km2VSONSEeLbxwBu5ZVxZ6Xqybjsz+HervpqpMrGY4wlNAAWpGHbmAzAffzJz4GAepA9MUJ3lKMZzZwEWJMFeJzv3okbgedfbO" +
        "yZahj1c2c3nmtX1epIFd1buZVHbVtT5FUa5iJ6Ti3lTy+uOGHqWjqwifOOoaWsh2+TpXNw4jKGuNI59bP4K58/hw31ncKf1+9j5znNArdf" +
        "7pzGXzWWgPTATFxv477TNKh81fmg2bmOVV4IOGNhC1VgZi8GtgWkny4DWswXYYwymaXj4xHdR/OPQ0D455FkXT7Lk7kvHWOouzqDsd0phr" +
        "LLmDycO2tthLrX9nGTmToW8Nu9/NNUBixZC3RPcQtl2FUZeGe7c+M7GRm4YHMEV5kI1X7kSh2etUWYO1QGqvPVMD1+XkFhLTuLt4k8x19Z" +
        "uaURSvSVh9jnUkmefwSv8xnmQ/+Nuof8CCTfoMTgw7P4BCjKjwKeXY71bdyyJPD8nHSIn7+aLcXpUnmKvwOrsZoNAQ/PjFLNxME1IDtYi6" +
        "Xl8zG7YyHgpAsRKqnwi8K0ugi+IfjYtdjxxUeA9doH+O46kceSFGD7+gQwL7P0t2J5oaES5tJm9k4a1pfsAe20vYATQMueXJLBmbudfxcp" +
        "0n/I11+tGPFzWOqHRPW/";
}
