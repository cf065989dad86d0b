namespace RLSquared.Settings;

/// <summary>One <c>key=value</c> as a user writes it after <c>--set</c>.</summary>
/// <param name="Key">The option's name.</param>
/// <param name="Value">The value, not yet parsed.</param>
public readonly record struct Assignment(string Key, string Value)
{
    /// <summary>Splits a text at its first equals sign.</summary>
    /// <exception cref="OptionException">There is no equals sign, or nothing stands before or after it.</exception>
    public static Assignment Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            throw new OptionException(text, $"'{text}' has no value; write key=value, such as {text.Trim()}=…");
        string key = text[..equals].Trim(), value = text[(equals + 1)..].Trim();
        if (key.Length == 0)
            throw new OptionException(text, $"'{text}' names no option; write key=value, such as arms=10");
        if (value.Length == 0)
            throw new OptionException(key, $"'{text}' gives {key} no value; write key=value, such as {key}=…");
        return new Assignment(key, value);
    }

    /// <summary>Parses several texts in order.</summary>
    /// <exception cref="OptionException">One of them is no <c>key=value</c>; the message has it.</exception>
    public static Assignment[] ParseAll(IEnumerable<string> texts) => [.. texts.Select(Parse)];

    /// <inheritdoc/>
    public override string ToString() => $"{Key}={Value}";
}
