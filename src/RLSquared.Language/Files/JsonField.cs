using System.Globalization;
using System.Text.Json;

namespace RLSquared.Language.Files;

/// <summary>
/// A value in a JSON file that others wrote, with its place, so that a message can say what is wrong where. What is
/// missing and what is null are the same.
/// </summary>
/// <param name="element">The value.</param>
/// <param name="path">Where it is, such as <c>rope_scaling.factor</c>; empty for the whole.</param>
/// <param name="source">What messages call the file.</param>
readonly struct JsonField(JsonElement element, string path, string source)
{
    const int LongestText = 160;

    static readonly JsonDocumentOptions options = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <summary>Reads an object from a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">The most bytes that such a file has.</param>
    /// <param name="read">Makes of the object what is wanted.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no such file; one sentence says why.</exception>
    public static T ReadFile<T>(string path, long longest, Func<JsonField, T> read)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (stream.Length > longest)
            throw Refusal(path, $"it has {stream.Length} bytes, and such a file has {longest} at most");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        ReadOnlyMemory<byte> text = bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsMemory(3) : bytes;
        return Read(text, path, read);
    }

    /// <summary>Reads an object from a text in UTF-8.</summary>
    /// <exception cref="InvalidDataException">It is no such text; one sentence says why.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> json, string source, Func<JsonField, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(json, options);
            var whole = new JsonField(document.RootElement, "", source);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw whole.Wrong("is not an object, which begins with '{'");
            return read(whole);
        }
        catch (JsonException failure)
        {
            throw Refusal(source, $"it is no valid JSON ({failure.Message.TrimEnd('.')})");
        }
        catch (InvalidOperationException failure)          // a string whose escapes are no text
        {
            throw Refusal(source, $"it holds what is no text ({failure.Message.TrimEnd('.')})");
        }
    }

    /// <summary>The value as the parser gives it.</summary>
    public JsonElement Element => element;

    /// <summary>What messages call the file.</summary>
    public string Source => source;

    /// <summary>Whether it is an object, a list, a text, a number.</summary>
    public JsonValueKind Kind => element.ValueKind;

    /// <summary>A member of the object, or null where it is missing or null.</summary>
    public JsonField? Find(string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Wrong("is not an object");
        return element.TryGetProperty(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null
            ? new JsonField(member, Below(name), source) : null;
    }

    /// <summary>A member of the object that must be there.</summary>
    public JsonField Get(string name) => Find(name)
        ?? throw Refusal(source, path.Length == 0 ? $"it lacks '{name}'" : $"'{path}' lacks '{name}'");

    /// <summary>The members of the object.</summary>
    public IEnumerable<(string Name, JsonField Value)> Members()
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Wrong("is not an object");
        foreach (JsonProperty member in element.EnumerateObject())
            yield return (member.Name, new JsonField(member.Value, Below(member.Name), source));
    }

    /// <summary>The elements of the list.</summary>
    public IEnumerable<JsonField> Items()
    {
        if (element.ValueKind != JsonValueKind.Array)
            throw Wrong("is not a list");
        int index = 0;
        foreach (JsonElement item in element.EnumerateArray())
            yield return new JsonField(item, $"{path}[{index++}]", source);
    }

    /// <summary>The value as a text.</summary>
    public string Text() => element.ValueKind == JsonValueKind.String ? element.GetString()!
        : throw Wrong("is not a text");

    /// <summary>The value as true or false.</summary>
    public bool Flag() => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong("is neither true nor false"),
    };

    /// <summary>The value as a whole number between bounds.</summary>
    public int Whole(int least, int most)
    {
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out long value)
            || value < least || value > most)
            throw Wrong($"is not a whole number from {least} to {most}");
        return (int)value;
    }

    /// <summary>The value as a number between bounds.</summary>
    public double Number(double least, double most)
    {
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetDouble(out double value)
            || !(value >= least && value <= most))
        {
            throw Wrong(string.Create(CultureInfo.InvariantCulture, $"is not a number from {least} to {most}"));
        }
        return value;
    }

    /// <summary>What refuses the file because of this value.</summary>
    /// <param name="what">Goes on after the place: 'is not a text'.</param>
    public InvalidDataException Wrong(string what) =>
        Refusal(source, path.Length == 0 ? $"it {what}" : $"'{path}' {what}");

    /// <summary>What refuses a file.</summary>
    public static InvalidDataException Refusal(string source, string what) =>
        new($"{source} cannot be read: {Excerpt(what)}");

    /// <summary>The beginning of a text on one line: what is in a file may be long and have many lines.</summary>
    public static string Excerpt(string text, int longest = 2 * LongestText)
    {
        ReadOnlySpan<char> start = text.AsSpan(0, Math.Min(longest, text.Length));
        return string.Create(start.Length + (text.Length > longest ? 1 : 0), start, static (shown, start) =>
        {
            shown.Fill('…');
            for (int i = 0; i < start.Length; i++)
                shown[i] = char.IsControl(start[i]) || char.IsSurrogate(start[i]) ? '\uFFFD' : start[i];
        });
    }

    string Below(string name)
    {
        string end = name.Length > LongestText ? name[..LongestText] + "…" : name;
        return path.Length == 0 ? end : $"{path}.{end}";
    }
}
