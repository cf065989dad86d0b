using System.Runtime.InteropServices;

namespace RLSquared.MuJoCo.Native;

/// <summary>
/// MuJoCo's shared library, opened at run time: its functions by name, and the layout of its structures, which has been
/// tried out (<see cref="LayoutCheck"/>) before anyone gets to see it.
/// </summary>
sealed unsafe class Library
{
    /// <summary>Names the library's file, or the folder with it, where it lies on no search path.</summary>
    public const string Variable = "RL2_MUJOCO";

    const string Remedy = "install it with apt-get install libmujoco-dev (Debian, Ubuntu), or take release 2.2.2 " +
        $"from github.com/google-deepmind/mujoco and let {Variable} name its library";

    static readonly Lazy<Library> shared = new(() => Find(Environment.GetEnvironmentVariable(Variable)));

    readonly delegate* unmanaged<byte*, void*, byte*, int, nint> loadXml;
    readonly delegate* unmanaged<nint, void> deleteModel, deleteData;
    readonly delegate* unmanaged<nint, nint> makeData;
    readonly delegate* unmanaged<nint, nint, void> resetData, step, forward, computeForces;
    readonly delegate* unmanaged<void*, void> defaultFiles, deleteFiles;
    readonly delegate* unmanaged<void*, byte*, int, int> addFile;
    readonly Lock loading = new();

    Library(nint handle, string path, StructureLayout layout)
    {
        (Path, Layout) = (path, layout);
        loadXml = (delegate* unmanaged<byte*, void*, byte*, int, nint>)Function(handle, path, "mj_loadXML");
        deleteModel = (delegate* unmanaged<nint, void>)Function(handle, path, "mj_deleteModel");
        deleteData = (delegate* unmanaged<nint, void>)Function(handle, path, "mj_deleteData");
        makeData = (delegate* unmanaged<nint, nint>)Function(handle, path, "mj_makeData");
        resetData = (delegate* unmanaged<nint, nint, void>)Function(handle, path, "mj_resetData");
        step = (delegate* unmanaged<nint, nint, void>)Function(handle, path, "mj_step");
        forward = (delegate* unmanaged<nint, nint, void>)Function(handle, path, "mj_forward");
        computeForces = (delegate* unmanaged<nint, nint, void>)Function(handle, path, "mj_rnePostConstraint");
        defaultFiles = (delegate* unmanaged<void*, void>)Function(handle, path, "mj_defaultVFS");
        deleteFiles = (delegate* unmanaged<void*, void>)Function(handle, path, "mj_deleteVFS");
        addFile = (delegate* unmanaged<void*, byte*, int, int>)Function(handle, path, "mj_makeEmptyFileVFS");

        // Left alone, an error waits for a key to be pressed, and a warning writes a file into the current folder.
        *(delegate* unmanaged<byte*, void>*)Function(handle, path, "mju_user_error") = &StopProcess;
        *(delegate* unmanaged<byte*, void>*)Function(handle, path, "mju_user_warning") = &Ignore;
        LayoutCheck.Run(this);
    }

    /// <summary>The library of this machine.</summary>
    /// <exception cref="PhysicsException">There is none, or another version.</exception>
    public static Library Shared => shared.Value;

    /// <summary>Where it was found.</summary>
    public string Path { get; }

    /// <summary>Where its structures keep what.</summary>
    public StructureLayout Layout { get; }

    /// <summary>The names under which the library is looked for, on the usual paths or in a folder.</summary>
    static string[] Names => OperatingSystem.IsWindows() ? ["mujoco.dll"]
        : OperatingSystem.IsMacOS() ? ["libmujoco.dylib", "libmujoco.2.2.2.dylib"]
        : ["libmujoco.so", "libmujoco.so.2.2.2"];

    /// <summary>Looks for the library.</summary>
    /// <param name="named">The file, or the folder with it, that the user names; null for the usual paths.</param>
    /// <exception cref="PhysicsException">There is none, or another version.</exception>
    public static Library Find(string? named)
    {
        if (string.IsNullOrEmpty(named))
            return FindAmong(Names);
        string[] candidates = Directory.Exists(named)
            ? [.. Names.Select(name => System.IO.Path.Combine(named, name))] : [named];
        foreach (string candidate in candidates)
        {
            if (NativeLibrary.TryLoad(candidate, out nint handle))
                return Open(handle, candidate);
        }
        throw new PhysicsException($"{Variable} names {named}, which is no shared library and no folder with " +
            $"{string.Join(" or ", Names)}: let it name MuJoCo's library, or take it away");
    }

    /// <summary>Looks for the library on the usual paths.</summary>
    /// <param name="names">Its possible names.</param>
    /// <exception cref="PhysicsException">There is none, or another version.</exception>
    public static Library FindAmong(string[] names)
    {
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out nint handle))
                return Open(handle, name);
        }
        throw new PhysicsException($"MuJoCo is not found on this machine: {Remedy}");
    }

    /// <summary>Checks a library that has been loaded, and takes it into use.</summary>
    /// <param name="handle">The system's handle.</param>
    /// <param name="path">Where it was found.</param>
    /// <param name="layout">The layout to believe in; null for that of its version.</param>
    /// <exception cref="PhysicsException">
    /// It is another library, another version, or laid out in another way.
    /// </exception>
    public static Library Open(nint handle, string path, StructureLayout? layout = null)
    {
        int version = ((delegate* unmanaged<int>)Function(handle, path, "mj_version"))();
        layout ??= StructureLayout.Known.FirstOrDefault(known => known.Version == version);
        string known = string.Join(" and ", StructureLayout.Known.Select(one => StructureLayout.Name(one.Version)));
        return layout is not null ? new Library(handle, path, layout) : throw new PhysicsException(
            $"MuJoCo {StructureLayout.Name(version)} ({path}) is of another version than {known}, whose structures " +
            $"are known: {Remedy}");
    }

    /// <summary>Compiles a model from its text.</summary>
    /// <param name="xml">The bytes of the MJCF text.</param>
    /// <param name="name">What the model is called in messages.</param>
    /// <exception cref="PhysicsException">It has an error; the message says where.</exception>
    public nint LoadModel(ReadOnlySpan<byte> xml, string name)
    {
        const int errorSize = 1000;
        if (xml.IsEmpty)
            throw new PhysicsException($"the model {name} is empty");
        byte* error = stackalloc byte[errorSize];
        error[0] = 0;
        void* files = NativeMemory.AllocZeroed((nuint)Layout.FilesSize);
        try
        {
            // The reader of XML is the one part of MuJoCo that two threads may not use at once.
            lock (loading)
            {
                fixed (byte* file = "model.xml\0"u8)
                {
                    defaultFiles(files);
                    if (addFile(files, file, xml.Length) != 0)
                        throw new PhysicsException($"the model {name} is too large to be read");
                    xml.CopyTo(new Span<byte>(*(void**)((byte*)files + Layout.FilesData), xml.Length));
                    nint model = loadXml(file, files, error, errorSize);
                    deleteFiles(files);
                    return model != 0 ? model : throw new PhysicsException(
                        $"the model {name} cannot be used: {OneLine(Marshal.PtrToStringUTF8((nint)error))}");
                }
            }
        }
        finally
        {
            NativeMemory.Free(files);
        }
    }

    /// <summary>Frees a model.</summary>
    public void DeleteModel(nint model) => deleteModel(model);

    /// <summary>Makes the memory of a simulation.</summary>
    /// <exception cref="PhysicsException">There is not enough memory.</exception>
    public nint MakeData(nint model) => makeData(model) is not 0 and var data ? data
        : throw new PhysicsException("MuJoCo has no memory left for another simulation");

    /// <summary>Frees the memory of a simulation.</summary>
    public void DeleteData(nint data) => deleteData(data);

    /// <summary>Puts a simulation back to its start.</summary>
    public void Reset(nint model, nint data) => resetData(model, data);

    /// <summary>Goes on by some time steps.</summary>
    public void Step(nint model, nint data, int steps)
    {
        for (int i = 0; i < steps; i++)
            step(model, data);
    }

    /// <summary>Computes all that follows from positions, velocities and controls.</summary>
    public void Forward(nint model, nint data) => forward(model, data);

    /// <summary>Computes the external forces on bodies, contacts among them.</summary>
    public void ComputeForces(nint model, nint data) => computeForces(model, data);

    static nint Function(nint handle, string path, string name) =>
        NativeLibrary.TryGetExport(handle, name, out nint address) ? address : throw new PhysicsException(
            $"{path} is no MuJoCo: it has no {name}; {Remedy}");

    // MuJoCo ends its messages with line breaks and puts the place on a line of its own.
    static string OneLine(string? text) => string.Join(": ",
        (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    [UnmanagedCallersOnly]
    static void StopProcess(byte* message) =>
        Environment.FailFast($"MuJoCo cannot go on: {Marshal.PtrToStringUTF8((nint)message)}");

    // They are counted in the simulation, where Simulation.Diverged looks.
    [UnmanagedCallersOnly]
    static void Ignore(byte* message)
    {
    }
}
