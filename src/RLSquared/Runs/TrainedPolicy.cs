using RLSquared.Algorithms;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Files;
using RLSquared.Tensors.Layers;

namespace RLSquared.Runs;

/// <summary>
/// What training leaves: the policy of a checkpoint, without the value and the optimiser that it was learned with. All
/// that is needed to build it is in the checkpoint's own file, so that neither the task's class nor the rest of the run
/// must be there.
/// </summary>
public sealed class TrainedPolicy : IDisposable
{
    TrainedPolicy(Checkpoint checkpoint, Policy network) => (Checkpoint, Network) = (checkpoint, network);

    /// <summary>What the checkpoint says of itself.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>
    /// The policy: it has no value, unless that was asked for, and its weights are plain ones, for normalised ones are
    /// multiplied out.
    /// </summary>
    public Policy Network { get; }

    /// <summary>
    /// Loads a policy. A run that is still being trained may be loaded too: its files appear whole or not at all.
    /// </summary>
    /// <param name="path">The folder of a run, or one of its checkpoints: that file alone is enough.</param>
    /// <param name="checkpoint">Of a folder, <c>last</c> or <c>best</c>.</param>
    /// <exception cref="OptionException">There is no such folder, file or checkpoint.</exception>
    /// <exception cref="InvalidDataException">
    /// The run has no checkpoint yet, or it is damaged, or what it holds is no recurrent network's; the message says
    /// which.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static TrainedPolicy Load(string path, string checkpoint = "last") =>
        Open(path, checkpoint, withValue: false);

    /// <summary>The same with the value too, if it is a layer that sees what the policy sees.</summary>
    internal static TrainedPolicy LoadWithValue(string path, string checkpoint) =>
        Open(path, checkpoint, withValue: true);

    static TrainedPolicy Open(string path, string checkpoint, bool withValue)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (File.Exists(path))
            return Read(path, withValue);
        if (!Directory.Exists(path))
            throw new OptionException("run", $"there is no run folder and no checkpoint {path}");
        RunFolder folder = RunFolder.Open(path);
        return checkpoint switch
        {
            "last" => folder.ReadLast(file => Read(file, withValue)),
            "best" => File.Exists(folder.BestCheckpointPath) ? Read(folder.BestCheckpointPath, withValue)
                : throw new InvalidDataException($"{path} has no best checkpoint yet; load the last"),
            _ => throw new OptionException(
                "checkpoint", $"of a run, the last or the best checkpoint can be loaded, but not '{checkpoint}'"),
        };
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => Network.Dispose();

    static TrainedPolicy Read(string path, bool withValue)
    {
        using SafetensorsReader reader = Checkpoint.OpenChecked(path);
        Checkpoint checkpoint = Checkpoint.Describe(reader);
        if (checkpoint.Algorithm is "maml" or EMaml.Name)
        {
            throw new InvalidDataException($"{path} was trained by {checkpoint.Algorithm}, whose policy adapts by " +
                "gradients; load it with AdaptiveActor.Load");
        }
        TaskSpaces spaces = checkpoint.Spaces ?? SpacesOfRun(path);
        // No parameter is made that the file does not hold, so that no file takes more memory than it is long.
        var parameters = new ParameterSet((name, shape) =>
        {
            if (reader.Find(name) is not { } entry)
                throw Misfit($"its network has '{name}', and the checkpoint lacks it");
            if (entry.Shape != shape.ToString() || entry.Type != "F32")
                throw Misfit($"{name} is {entry.Type} {entry.Shape}, and should be F32 {shape}");
        });
        try
        {
            PpoOptions? ppo = checkpoint.Algorithm == "ppo" ? PpoOptions.Read(checkpoint.Options) : null;
            MlshOptions? mlsh = checkpoint.Algorithm == Mlsh.Called ? MlshOptions.Read(checkpoint.Options) : null;
            RecurrentPolicyOptions shape =
                ppo is null ? NetworkSettings.Read(checkpoint.Options) : Ppo.RecurrentShape(ppo);
            if (Excess(spaces, shape, reader.Length) is { } excess)
                throw Misfit(excess);
            RecurrentPolicyOptions plain = shape with { WeightNorm = false };
            Policy network = mlsh is not null ? Skills(mlsh)
                : ppo is { Recurrent: false } ? new MlpPolicy(spaces, ppo.Network, parameters, seed: 0)
                : Policy.ToAct(spaces, plain, parameters, withValue);
            ReadWeights();
            network.FixWeights();
            return new TrainedPolicy(checkpoint, network);

            // The skills under the master of the first group.
            SkillPolicy Skills(MlshOptions mlsh)
            {
                SkillPolicy skills = Mlsh.SkillsOf(spaces, mlsh, parameters, seed: 0);
                skills.Master = skills.CreateMaster(seed: 0, "master0", parameters);
                return skills;
            }

            void ReadWeights()
            {
                HashSet<string> used = [];
                foreach (Parameter parameter in parameters.All)
                {
                    reader.Read(parameter.Name, parameter.Value);
                    used.Add(parameter.Name);
                    if (shape.WeightNorm && reader.Find(parameter.Name + WeightNorm.LengthEnding) is { } length)
                    {
                        MultiplyOut(reader, parameter.Value, length);
                        used.Add(length.Name);
                    }
                }
                string? surplus = reader.Entries.Select(entry => entry.Name).FirstOrDefault(
                    name => (name.StartsWith("policy.", StringComparison.Ordinal)
                        || name.StartsWith("vision.", StringComparison.Ordinal)) && !used.Contains(name));
                if (surplus is not null)
                    throw Misfit($"the checkpoint has '{surplus}', and its network lacks it");
            }
        }
        catch (Exception failure)
        {
            parameters.Dispose();
            if (failure is OptionException or NotSupportedException)
                throw Misfit(failure.Message);
            if (failure is OverflowException or ArgumentException)
                throw Misfit("its sizes are more than any network has");
            throw;
        }

        InvalidDataException Misfit(string what) =>
            new($"{path} holds no policy that can act, trained by {checkpoint.Algorithm}: {what}");
    }

    // The weights of most networks grow with all sizes of the task, so that the file's length bounds these too. A table
    // of cells has the same weights whatever the table's size, and an image is larger than the weights that look at it.
    // What takes more than this for each trial must be as long as the file at least.
    const long MostUnproven = 64 << 20;

    static string? Excess(TaskSpaces spaces, RecurrentPolicyOptions shape, long fileLength)
    {
        ObservationSpace seen = spaces.Observation;
        double states = seen.Kind == ObservationKind.Discrete ? seen.Size : 1, bytes = 0;
        if (shape.Cells > 0)
            bytes += 2.0 * sizeof(float) * states * spaces.Action.Size * shape.Cells;
        // The pixels as bytes and as floats, then what the first filters, a quarter as many places, make of them.
        if (seen.Kind == ObservationKind.Image)
            bytes += 9.0 * seen.Size + 2.0 * seen.Height * seen.Across * shape.Filters;
        return bytes <= MostUnproven + fileLength ? null : FormattableString.Invariant(
            $"{spaces.Task} with {seen} and {spaces.Action} takes {bytes:N0} bytes for each trial, ") +
            FormattableString.Invariant($"and the file of {fileLength:N0} bytes cannot be of such a task");
    }

    // From directions v [inputs, outputs] and lengths g [outputs] to the weight itself, as in every step of training.
    static void MultiplyOut(SafetensorsReader reader, Tensor weight, SafetensorsEntry length)
    {
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = false };
        Tensor g = arena.Allocate(new Shape(weight.Shape.Columns));
        reader.Read(length.Name, g);
        weight.CopyFrom(WeightNorm.Weight(tape.Constant(weight), tape.Constant(g)).ToArray());
    }

    // What a checkpoint of an earlier version does not say itself, its run does, if the task is one of the catalogue.
    static TaskSpaces SpacesOfRun(string checkpoint)
    {
        string? folder = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(checkpoint)));
        if (folder is null || !RunFolder.Exists(folder))
        {
            throw new InvalidDataException(
                $"{checkpoint} does not say what its policy sees, for an earlier version wrote it; " +
                "load it where it was written, within the folder of its run");
        }
        RunConfiguration run = RunFolder.Open(folder).Configuration;
        return TaskCatalogue.Create(run.Task, run.TaskAssignments()).Spaces;
    }
}
