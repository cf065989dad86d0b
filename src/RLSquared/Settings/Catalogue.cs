using System.Collections;

namespace RLSquared.Settings;

/// <summary>
/// Things that users name: tasks, algorithms, agents, presets. A name that nothing has is an error that suggests the
/// nearest one.
/// <code>
/// var fruit = new Catalogue&lt;Fruit&gt;("fruit", one => one.Name, [apple, pear]);
/// fruit.Find("aple");                                // there is no fruit 'aple'; did you mean 'apple'?
/// </code>
/// </summary>
/// <typeparam name="T">What is named.</typeparam>
/// <param name="kind">What one of them is called in messages, such as 'task'.</param>
/// <param name="nameOf">The name of one.</param>
/// <param name="entries">All of them, in the order in which they are listed.</param>
/// <param name="owner">Whose they are, as in 'rl2 has default, paper'; null for 'there are default, paper'.</param>
public sealed class Catalogue<T>(string kind, Func<T, string> nameOf, IEnumerable<T> entries, string? owner = null)
    : IReadOnlyList<T>
{
    readonly T[] entries = [.. entries];

    /// <summary>How many there are.</summary>
    public int Count => entries.Length;

    /// <summary>One by its place in the list.</summary>
    public T this[int index] => entries[index];

    /// <summary>The names in the order of the list.</summary>
    public IEnumerable<string> Names => entries.Select(nameOf);

    /// <summary>Whether one has this name; case does not count.</summary>
    public bool Contains(string name) => IndexOf(name) >= 0;

    /// <summary>The one of this name; case does not count.</summary>
    /// <param name="name">The name.</param>
    /// <param name="option">The option that holds the name, for the exception; by default the kind.</param>
    /// <exception cref="OptionException">There is none; the message names the nearest, or else all.</exception>
    public T Find(string name, string? option = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        int index = IndexOf(name);
        if (index >= 0)
            return entries[index];
        string hint = Suggestions.Nearest(name, Names) is { } nearest
            ? $"did you mean '{nearest}'?"
            : $"{(owner is null ? "there are" : $"{owner} has")} {string.Join(", ", Names)}";
        throw new OptionException(option ?? kind, $"there is no {kind} '{name}'; {hint}");
    }

    /// <summary>The same with more entries behind these.</summary>
    /// <param name="more">What is added.</param>
    public Catalogue<T> With(IEnumerable<T> more) => new(kind, nameOf, entries.Concat(more), owner);

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)entries).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => entries.GetEnumerator();

    int IndexOf(string name) => Array.FindIndex(
        entries, entry => nameOf(entry).Equals(name, StringComparison.OrdinalIgnoreCase));
}
