namespace RLSquared.Tasks;

/// <summary>
/// What an agent decides at each step: K choices, each among a few options, and C numbers from −1 to 1. An ordinary
/// task has one choice and no numbers; a game controller may have three buttons and two sticks.
/// </summary>
public readonly struct ActionSpace : IEquatable<ActionSpace>
{
    /// <summary>The most choices of a space.</summary>
    public const int MostChoices = 1024;

    // Null stands for a single choice, so that the spaces of ordinary tasks cost nothing to make.
    readonly int[]? sizes;

    ActionSpace(int actions, int[]? sizes, int numbers) => (Size, this.sizes, Numbers) = (actions, sizes, numbers);

    /// <summary>One of <paramref name="actions"/> actions, as its number 0, 1, ….</summary>
    /// <exception cref="OptionException">There are none.</exception>
    public static ActionSpace Discrete(int actions) =>
        new(Settings.Require.AtLeast("actions", actions, 1), null, 0);

    /// <summary>One choice per branch, each among as many options as <paramref name="sizes"/> says.</summary>
    /// <exception cref="OptionException">
    /// There is no branch, or one without options, or more than <see cref="MostChoices"/>.
    /// </exception>
    public static ActionSpace MultiDiscrete(params ReadOnlySpan<int> sizes) => Mixed(sizes, 0);

    /// <summary><paramref name="numbers"/> numbers, each from −1 to 1.</summary>
    /// <exception cref="OptionException">There are none.</exception>
    public static ActionSpace Continuous(int numbers) => Mixed([], numbers);

    /// <summary>Choices and numbers at once.</summary>
    /// <param name="sizes">The options of each choice, [K].</param>
    /// <param name="numbers">C.</param>
    /// <exception cref="OptionException">
    /// There is nothing to decide, or a choice without options, or more than <see cref="MostChoices"/>.
    /// </exception>
    public static ActionSpace Mixed(ReadOnlySpan<int> sizes, int numbers)
    {
        Settings.Require.AtLeast("numbers", numbers, sizes.Length == 0 ? 1 : 0);
        Settings.Require.AtMost("choices", sizes.Length, MostChoices);
        int sum = 0;
        foreach (int size in sizes)
            sum = checked(sum + Settings.Require.AtLeast("sizes", size, 1));
        return new(sum, sizes.Length == 1 ? null : sizes.ToArray(), numbers);
    }

    /// <summary>The options of all choices together, A: the number of actions where there is one choice.</summary>
    public int Size { get; }

    /// <summary>Choices, K.</summary>
    public int Choices => sizes?.Length ?? 1;

    /// <summary>Numbers, C.</summary>
    public int Numbers { get; }

    /// <summary>Whether it is one choice and nothing else: an ordinary number of actions.</summary>
    public bool IsDiscrete => sizes is null && Numbers == 0;

    /// <summary>The options of choice k.</summary>
    public int SizeOf(int k) => sizes is null ? Size : sizes[k];

    /// <summary>The place of choice k's first option among all A options.</summary>
    public int StartOf(int k)
    {
        int start = 0;
        for (int before = 0; before < k; before++)
            start += SizeOf(before);
        return start;
    }

    /// <summary>A number of actions is the space of one choice among them.</summary>
    public static implicit operator ActionSpace(int actions) => Discrete(actions);

    /// <inheritdoc/>
    public bool Equals(ActionSpace other) => Size == other.Size && Numbers == other.Numbers
        && sizes.AsSpan().SequenceEqual(other.sizes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ActionSpace other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Size, Choices, Numbers);

    /// <summary>Whether two spaces are the same.</summary>
    public static bool operator ==(ActionSpace left, ActionSpace right) => left.Equals(right);

    /// <summary>Whether two spaces differ.</summary>
    public static bool operator !=(ActionSpace left, ActionSpace right) => !left.Equals(right);

    /// <summary>Such as '5 actions', 'choices of 3 and 2' or '2 numbers'.</summary>
    public override string ToString()
    {
        string choices = sizes is null ? $"{Size} actions" : $"choices of {string.Join(" and ", sizes)}";
        string numbers = Numbers == 1 ? "1 number" : $"{Numbers} numbers";
        return Numbers == 0 ? choices : Size == 0 ? numbers : $"{choices} with {numbers}";
    }
}
