using System.Globalization;

namespace RLSquared.Tasks;

/// <summary>
/// Spaces as a run's configuration holds them: <c>nothing</c>, <c>discrete:12</c>, <c>vector:4</c> and
/// <c>image:48x64x3</c> (rows, pixels of a row, channels) for observations; for actions <c>choices:3,2</c> and
/// <c>numbers:2</c>, as often as a game changes between the two and in its order, then <c>masks</c>, joined by a plus.
/// </summary>
static class SpaceText
{
    const int MostNumbers = 1 << 24;

    public static string Show(ObservationSpace space) => space.Kind switch
    {
        ObservationKind.Nothing => "nothing",
        ObservationKind.Discrete => Invariant($"discrete:{space.Size}"),
        ObservationKind.Image => Invariant($"image:{space.Height}x{space.Across}x{space.Channels}"),
        _ => Invariant($"vector:{space.Size}"),
    };

    public static string Show(IEnumerable<ActionPart> actions, bool masks)
    {
        List<string> parts = [];
        bool wasChoice = false;
        foreach (ActionPart key in actions)
        {
            bool isChoice = key.IsChoice;
            if (isChoice && wasChoice)
                parts[^1] += Invariant($",{key.Size}");
            else
                parts.Add(isChoice ? Invariant($"choices:{key.Size}") : Invariant($"numbers:{key.Size}"));
            wasChoice = isChoice;
        }
        if (masks)
            parts.Add("masks");
        return string.Join('+', parts);
    }

    public static bool TryReadObservation(string text, out ObservationSpace space)
    {
        space = ObservationSpace.Nothing;
        if (text == "nothing")
            return true;
        string[] parts = text.Split(':');
        if (parts.Length != 2)
            return false;
        switch (parts[0])
        {
            case "discrete" when TrySizes(parts[1], ',', out int[] states) && states.Length == 1:
                space = ObservationSpace.Discrete(states[0]);
                return true;
            case "vector" when TrySizes(parts[1], ',', out int[] numbers) && numbers.Length == 1:
                space = ObservationSpace.Vector(numbers[0]);
                return true;
            case "image" when TrySizes(parts[1], 'x', out int[] sizes) && sizes.Length == 3:
                space = ObservationSpace.Image(sizes[0], sizes[1], sizes[2]);
                return true;
            default:
                return false;
        }
    }

    public static bool TryReadActions(string text, out ActionSpace space, out bool masks) =>
        TryReadActions(text, out space, out masks, out _);

    /// <param name="text">What a configuration holds.</param>
    /// <param name="space">All choices, then all numbers.</param>
    /// <param name="masks">Whether some options are at times not allowed.</param>
    /// <param name="keys">Each choice, and each key with numbers, in the game's order.</param>
    public static bool TryReadActions(
        string text, out ActionSpace space, out bool masks, out IReadOnlyList<ActionPart> keys)
    {
        List<ActionPart> parts = [];
        List<int> choices = [];
        (space, masks, keys) = (default, false, parts);
        long numbers = 0;
        foreach (string part in text.Split('+'))
        {
            if (masks)
                return false;
            string[] halves = part.Split(':');
            if (halves is ["choices", var list] && TrySizes(list, ',', out int[] sizes))
            {
                foreach (int size in sizes)
                    parts.Add(new ActionPart(size, IsChoice: true));
                choices.AddRange(sizes);
            }
            else if (halves is ["numbers", var one] && TrySizes(one, ',', out int[] counts) && counts.Length == 1)
            {
                parts.Add(new ActionPart(counts[0], IsChoice: false));
                numbers += counts[0];
            }
            else if (part == "masks")
            {
                masks = true;
            }
            else
            {
                return false;
            }
        }
        if (parts.Count == 0 || choices.Sum(size => (long)size) + numbers > MostNumbers)
            return false;
        space = ActionSpace.Mixed([.. choices], (int)numbers);
        return true;
    }

    // Sum and product are limited as well, so that no text of a file asks for more than there is.
    static bool TrySizes(string text, char separator, out int[] sizes)
    {
        string[] parts = text.Split(separator);
        sizes = new int[parts.Length];
        long total = separator == ',' ? 0 : 1;
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out sizes[i]) || sizes[i] < 1)
                return false;
            total = separator == ',' ? total + sizes[i] : total * sizes[i];
            if (total > MostNumbers)
                return false;
        }
        return true;
    }

    static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

/// <summary>What a game names as one action.</summary>
/// <param name="Size">The options of a choice, or how many numbers.</param>
/// <param name="IsChoice">Whether it is a choice.</param>
readonly record struct ActionPart(int Size, bool IsChoice);
