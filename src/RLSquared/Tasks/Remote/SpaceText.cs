using System.Globalization;

namespace RLSquared.Tasks.Remote;

/// <summary>
/// Spaces as a run's configuration holds them: <c>nothing</c>, <c>discrete:12</c>, <c>vector:4</c> and
/// <c>image:48x64x3</c> (rows, pixels of a row, channels) for observations; for actions <c>choices:3,2</c>,
/// <c>numbers:2</c> and <c>masks</c>, joined by a plus.
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

    public static string Show(ActionSpace space, bool masks)
    {
        List<string> parts = [];
        if (space.Size > 0)
            parts.Add("choices:" + string.Join(',', Enumerable.Range(0, space.Choices).Select(space.SizeOf)));
        if (space.Numbers > 0)
            parts.Add(Invariant($"numbers:{space.Numbers}"));
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

    public static bool TryReadActions(string text, out ActionSpace space, out bool masks)
    {
        (space, masks) = (default, false);
        int[] choices = [];
        int numbers = 0;
        foreach (string part in text.Split('+'))
        {
            string[] halves = part.Split(':');
            if (halves is ["choices", var list] && choices.Length == 0 && TrySizes(list, ',', out int[] sizes))
                choices = sizes;
            else if (halves is ["numbers", var one] && numbers == 0
                && TrySizes(one, ',', out int[] counts) && counts.Length == 1)
                numbers = counts[0];
            else if (part == "masks" && !masks)
                masks = true;
            else
                return false;
        }
        if (choices.Length == 0 && numbers == 0)
            return false;
        space = ActionSpace.Mixed(choices, numbers);
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
