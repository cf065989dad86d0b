using System.Globalization;
using RLSquared.Tasks;

namespace RLSquared.Runs;

/// <summary>
/// The spaces of a task as texts in the metadata of a checkpoint, in words that other programs can read too:
/// <code>
/// space.task           bandits
/// space.observation    nothing | discrete 10 | vector 4 | image 30 40 3     (states; numbers; rows, columns, channels)
/// space.choices        5, or 3 2 for two choices, or nothing where actions are numbers alone
/// space.numbers        0                 space.masks         false
/// space.trial_length   100               space.privileged    5
/// </code>
/// </summary>
static class SpacesMetadata
{
    const string TaskKey = "space.task", ObservationKey = "space.observation", ChoicesKey = "space.choices";
    const string NumbersKey = "space.numbers", MasksKey = "space.masks", LengthKey = "space.trial_length";
    const string PrivilegedKey = "space.privileged";

    public static void Write(TaskSpaces spaces, IDictionary<string, string> metadata)
    {
        ObservationSpace seen = spaces.Observation;
        metadata[TaskKey] = spaces.Task;
        metadata[ObservationKey] = seen.Kind switch
        {
            ObservationKind.Nothing => "nothing",
            ObservationKind.Discrete => string.Create(CultureInfo.InvariantCulture, $"discrete {seen.Size}"),
            ObservationKind.Vector => string.Create(CultureInfo.InvariantCulture, $"vector {seen.Size}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"image {seen.Height} {seen.Across} {seen.Channels}"),
        };
        metadata[ChoicesKey] = string.Join(' ', Enumerable.Range(0, spaces.Action.Choices).Select(
            k => spaces.Action.SizeOf(k).ToString(CultureInfo.InvariantCulture)));
        metadata[NumbersKey] = spaces.Action.Numbers.ToString(CultureInfo.InvariantCulture);
        metadata[MasksKey] = spaces.Masks ? "true" : "false";
        metadata[LengthKey] = spaces.TrialLength.ToString(CultureInfo.InvariantCulture);
        metadata[PrivilegedKey] = spaces.PrivilegedWidth.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The spaces, or null where the metadata has none, as that of earlier versions.</summary>
    /// <exception cref="InvalidDataException">They cannot be read; the message says which.</exception>
    public static TaskSpaces? Read(IReadOnlyDictionary<string, string> metadata, string source)
    {
        if (!metadata.TryGetValue(TaskKey, out string? task))
            return null;
        return new TaskSpaces
        {
            Task = task,
            Observation = ReadObservation(),
            Action = ReadAction(),
            Masks = Get(MasksKey) switch { "true" => true, "false" => false, _ => throw Wrong(MasksKey) },
            TrialLength = One(LengthKey, least: 1),
            PrivilegedWidth = One(PrivilegedKey, least: 0),
        };

        ObservationSpace ReadObservation()
        {
            string[] words = Get(ObservationKey).Split(' ');
            int[] sizes = Integers(ObservationKey, words.Skip(1), least: 1);
            if (sizes.Aggregate(1L, (product, size) => Math.Min(int.MaxValue + 1L, product * size)) > int.MaxValue)
                throw Wrong(ObservationKey);
            return (words[0], sizes.Length) switch
            {
                ("nothing", 0) => ObservationSpace.Nothing,
                ("discrete", 1) => ObservationSpace.Discrete(sizes[0]),
                ("vector", 1) => ObservationSpace.Vector(sizes[0]),
                ("image", 3) => ObservationSpace.Image(sizes[0], sizes[1], sizes[2]),
                _ => throw Wrong(ObservationKey),
            };
        }

        ActionSpace ReadAction()
        {
            string text = Get(ChoicesKey);
            int[] sizes = Integers(ChoicesKey, text.Length == 0 ? [] : text.Split(' '), least: 1);
            int numbers = One(NumbersKey, least: sizes.Length == 0 ? 1 : 0);
            if (sizes.Sum(size => (long)size) + numbers > int.MaxValue || sizes.Length > ActionSpace.MostChoices)
                throw Wrong(ChoicesKey);
            return ActionSpace.Mixed(sizes, numbers);
        }

        int One(string key, int least) => Integers(key, [Get(key)], least)[0];

        int[] Integers(string key, IEnumerable<string> words, int least) => [.. words.Select(
            word => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
                && value >= least ? value : throw Wrong(key))];

        string Get(string key) => metadata.TryGetValue(key, out string? value)
            ? value : throw new InvalidDataException($"{source} is damaged: its metadata lacks '{key}'");

        InvalidDataException Wrong(string key) =>
            new($"{source} is damaged: its '{key}' is '{metadata[key]}', and no such space can be");
    }
}
