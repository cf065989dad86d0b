using System.Globalization;
using RLSquared.Policies;
using RLSquared.Tasks;

namespace RLSquared.Algorithms;

/// <summary>
/// What the training of a recurrent network needs at least, found before any of it is taken. Without that, a system
/// that lends memory which it does not have would kill the process when the memory is first used.
/// </summary>
internal static class MemoryNeed
{
    const double GiB = 1L << 30;
    const int Copies = 4;                                       // the weight, its gradient and two moments

    /// <summary>Requires that the memory is there.</summary>
    /// <param name="task">What is learned.</param>
    /// <param name="network">The network's shape.</param>
    /// <param name="trials">Trials of an iteration, N.</param>
    /// <param name="minibatch">Trials that are learned from at once, B.</param>
    /// <param name="available">Bytes that there are; null for those that this process may use.</param>
    /// <exception cref="OptionException">It is not; the message says what takes most.</exception>
    public static void Require(
        TaskDistribution task, RecurrentPolicyOptions network, int trials, int minibatch, double? available = null)
    {
        Require([.. Parts(task, network, trials, minibatch)], available);
    }

    /// <summary>Requires that there is memory for what <see cref="Ppo"/> keeps.</summary>
    /// <param name="task">What is learned.</param>
    /// <param name="options">How.</param>
    /// <param name="available">Bytes that there are; null for those that this process may use.</param>
    /// <exception cref="OptionException">There is not; the message says what takes most.</exception>
    public static void Require(TaskDistribution task, PpoOptions options, double? available = null)
    {
        double H = options.Network.Hidden, layers = options.Network.Layers, W = task.Observation.Size;
        double A = task.Action.Size + task.Action.Numbers;
        double T = options.Recurrent ? task.TrialLength : options.Window, steps = T * options.Lanes;
        double weights = options.Recurrent ? 6 * H * (W + A + H) : 2 * H * (W + (layers - 1) * H);
        double units = (options.Recurrent ? 8 : 2 * layers) * H;
        weights += H * A + (options.Recurrent ? 0 : H);
        double row = (task.Masks ? A : 0) + task.Observation.Width + task.Action.Choices + task.Action.Numbers + 10;
        Require(
        [
            ("hidden", weights * Copies * sizeof(float), string.Create(CultureInfo.InvariantCulture,
                $"to the weights of layers of {H:N0} units, their gradients and moments")),
            ("lanes", steps * row * sizeof(float), string.Create(CultureInfo.InvariantCulture,
                $"to what {options.Lanes:N0} lanes of {T:N0} steps bring")),
            ("minibatches", steps / options.Minibatches * (units + 2 * A) * sizeof(float),
                string.Create(CultureInfo.InvariantCulture,
                    $"to learning from {steps / options.Minibatches:N0} steps at once")),
        ], available, more: "minibatches");
        if (steps > int.MaxValue / 8)
        {
            throw new OptionException("lanes", string.Create(CultureInfo.InvariantCulture,
                $"{options.Lanes:N0} lanes of {T:N0} steps are more than can be learned from at once; " +
                $"make lanes or the window smaller"));
        }
    }

    /// <summary>Requires that there is memory for what <see cref="Mlsh"/> keeps.</summary>
    /// <param name="task">What is learned.</param>
    /// <param name="options">How.</param>
    /// <param name="available">Bytes that there are; null for those that this process may use.</param>
    /// <exception cref="OptionException">There is not; the message says what takes most.</exception>
    public static void Require(TaskDistribution task, MlshOptions options, double? available = null)
    {
        double H = options.Network.Hidden, layers = options.Network.Layers, W = task.Observation.Size;
        double A = task.Action.Size + task.Action.Numbers, policies = (double)options.Skills + options.Groups;
        double weights = policies * (2 * H * (W + (layers - 1) * H) + H * (A + 1));
        double steps = (double)task.TrialLength * options.Plays;
        double row = (task.Masks ? A : 0) + 2 * task.Observation.Width + task.Action.Choices + task.Action.Numbers + 16;
        Require(
        [
            (options.Skills > options.Groups ? "skills" : "hidden", weights * Copies * sizeof(float), string.Create(
                CultureInfo.InvariantCulture,
                $"to the weights of {policies:N0} policies of {H:N0} units, their gradients and moments")),
            ("plays", options.Groups * steps * row * sizeof(float), string.Create(CultureInfo.InvariantCulture,
                $"to what {options.Plays:N0} plays of {options.Groups:N0} tasks bring")),
            ("minibatches", options.Groups * steps / options.Minibatches * 2 * layers * H * sizeof(float),
                string.Create(CultureInfo.InvariantCulture,
                    $"to learning from {options.Groups * steps / options.Minibatches:N0} steps at once")),
        ], available, more: "minibatches");
        if (steps > int.MaxValue / 8)
        {
            throw new OptionException("plays", string.Create(CultureInfo.InvariantCulture,
                $"{options.Plays:N0} plays of {task.TrialLength:N0} steps are more than can be learned from at once; " +
                $"make plays smaller, or the task"));
        }
    }

    static void Require(
        (string Option, double Bytes, string What)[] parts, double? available, string? more = null)
    {
        double sum = parts.Sum(part => part.Bytes), there = available ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (sum <= there)
            return;
        (string option, double bytes, string what) = parts.MaxBy(part => part.Bytes);
        throw new OptionException(option, string.Create(CultureInfo.InvariantCulture,
            $"this training needs at least {sum / GiB:N1} GiB of memory, and there are {there / GiB:N1} GiB: " +
            $"{bytes / GiB:N1} GiB go {what}; make {option} {(option == more ? "larger" : "smaller, or the task")}"));
    }

    // Only what is certain is counted, so that nothing is refused that would have fitted.
    static IEnumerable<(string Option, double Bytes, string What)> Parts(
        TaskDistribution task, RecurrentPolicyOptions network, int trials, int minibatch)
    {
        InputRow row = network.RowOf(task.Spaces);
        double H = network.Hidden, I = row.Width, A = task.Action.Size + task.Action.Numbers, T = task.TrialLength;
        bool hasPolicy = network.Cells == 0, hasValue = network.ValueCells == 0 && !network.Shared;
        double weights = (hasPolicy ? 3 * H * (I + H) + H * A : 0) + (hasValue ? 3 * H * (I + H) : 0);
        double unitsPerStep = (hasPolicy ? 4 * H : 0) + (hasValue ? 4 * H : 0);
        double image = task.Observation.Kind == ObservationKind.Image ? task.Observation.Size : 0;
        double numbersPerStep = row.Groups + row.DenseWidth + task.Action.Choices + task.Action.Numbers + 8;
        yield return ("hidden", weights * Copies * sizeof(float), string.Create(CultureInfo.InvariantCulture,
            $"to the weights of {H:N0} units with {I:N0} inputs, their gradients and moments"));
        yield return ("trials", T * trials * (numbersPerStep * sizeof(float) + image)
            + 2 * A * trials * sizeof(float), string.Create(CultureInfo.InvariantCulture,
                $"to what {trials:N0} trials of {T:N0} steps and {A:N0} actions bring"));
        yield return ("minibatch", T * minibatch * (unitsPerStep + 2 * A) * sizeof(float),
            string.Create(CultureInfo.InvariantCulture,
                $"to learning from {minibatch:N0} trials of {T:N0} steps at once"));
    }
}
