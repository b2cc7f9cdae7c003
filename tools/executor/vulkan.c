// SPDX-License-Identifier: GPL-2.0
/* Loading Vulkan, its device, and letting that reach memory of ours. */
#include <dlfcn.h>
#include <glob.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vulkan.h"

#define LIBRARY	"libvulkan.so.1"
#define DRIVERS	"/usr/share/vulkan/icd.d/lvp_icd*.json"
#define PAGE	4096ull

#define CALL(name) { "vk" #name, offsetof(struct vulkan_calls, name) }

static const struct {
	const char *name;
	size_t at;
} calls[] = {
	CALL(CreateInstance), CALL(DestroyInstance),
	CALL(EnumeratePhysicalDevices), CALL(GetPhysicalDeviceFeatures2),
	CALL(GetPhysicalDeviceProperties), CALL(GetDeviceProcAddr),
	CALL(CreateDevice), CALL(DestroyDevice), CALL(GetDeviceQueue),
	CALL(AllocateMemory), CALL(FreeMemory), CALL(CreateBuffer),
	CALL(DestroyBuffer), CALL(GetBufferMemoryRequirements),
	CALL(BindBufferMemory), CALL(GetBufferDeviceAddress),
	CALL(CreateShaderModule), CALL(DestroyShaderModule),
	CALL(CreatePipelineLayout), CALL(DestroyPipelineLayout),
	CALL(CreateComputePipelines), CALL(DestroyPipeline),
	CALL(CreateCommandPool), CALL(DestroyCommandPool),
	CALL(ResetCommandPool), CALL(AllocateCommandBuffers),
	CALL(BeginCommandBuffer), CALL(EndCommandBuffer),
	CALL(CmdBindPipeline), CALL(CmdPushConstants), CALL(CmdDispatchBase),
	CALL(CreateFence), CALL(DestroyFence), CALL(ResetFences),
	CALL(WaitForFences), CALL(QueueSubmit),
};

/* Always false, so that callers can return it. */
static bool lacks(struct vulkan *v, const char *what)
{
	v->lack = what;
	return false;
}

static bool load(struct vulkan *v)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL), *call;
	size_t i;

	if (!library)
		return lacks(v, "no " LIBRARY " (package libvulkan1)");
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		call = dlsym(library, calls[i].name);
		if (!call)
			return lacks(v, LIBRARY " is older than Vulkan 1.3");
		memcpy((char *)&v->vk + calls[i].at, &call, sizeof(call));
	}
	return true;
}

/*
 * This driver and no other, which would look for devices; nothing in between, no
 * files of its own, and no threads: what it does is done by whoever calls it.
 */
static bool choose_driver(struct vulkan *v)
{
	glob_t found;
	bool ok = !glob(DRIVERS, 0, NULL, &found);

	ok = ok && !setenv("VK_DRIVER_FILES", found.gl_pathv[0], 1) &&
	     !setenv("VK_LOADER_LAYERS_DISABLE", "~all~", 1) &&
	     !setenv("MESA_SHADER_CACHE_DISABLE", "true", 1) &&
	     !setenv("LP_NUM_THREADS", "0", 1);
	globfree(&found);
	return ok || lacks(v, "no " DRIVERS " (package mesa-vulkan-drivers)");
}

static bool make_instance(struct vulkan *v)
{
	const VkApplicationInfo app = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
		.apiVersion = VK_API_VERSION_1_3,
	};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pApplicationInfo = &app,
	};
	uint32_t nr = 1;
	VkResult ret;

	if (v->vk.CreateInstance(&info, NULL, &v->instance))
		return lacks(v, "no Vulkan instance");
	ret = v->vk.EnumeratePhysicalDevices(v->instance, &nr, &v->physical);
	if ((ret && ret != VK_INCOMPLETE) || !nr)
		return lacks(v, "no Vulkan device");
	return true;
}

/* With all that it can. */
static bool make_device(struct vulkan *v)
{
	static const char *const extensions[] = {
		VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME,
	};
	static const float priority;
	VkPhysicalDeviceVulkan13Features of_13 = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
	};
	VkPhysicalDeviceVulkan12Features of_12 = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
		.pNext = &of_13,
	};
	VkPhysicalDeviceVulkan11Features of_11 = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
		.pNext = &of_12,
	};
	VkPhysicalDeviceFeatures2 features = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
		.pNext = &of_11,
	};
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueCount = 1,
		.pQueuePriorities = &priority,
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.pNext = &features,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = 1,
		.ppEnabledExtensionNames = extensions,
	};
	VkPhysicalDeviceProperties properties;

	v->vk.GetPhysicalDeviceProperties(v->physical, &properties);
	if (properties.apiVersion < VK_API_VERSION_1_3)
		return lacks(v, "a Vulkan driver older than 1.3");
	memcpy(v->max_groups, properties.limits.maxComputeWorkGroupCount,
	       sizeof(v->max_groups));
	v->vk.GetPhysicalDeviceFeatures2(v->physical, &features);
	if (!of_12.bufferDeviceAddress ||
	    properties.limits.maxPushConstantsSize < 256)
		return lacks(v, "a Vulkan driver without what programs need");
	if (v->vk.CreateDevice(v->physical, &info, NULL, &v->device))
		return lacks(v, "a Vulkan driver that cannot reach memory of ours");
	v->vk.GetDeviceQueue(v->device, 0, 0, &v->queue);
	v->host_pointer = (PFN_vkGetMemoryHostPointerPropertiesEXT)
		v->vk.GetDeviceProcAddr(v->device,
					"vkGetMemoryHostPointerPropertiesEXT");
	return v->host_pointer || lacks(v, "part of a Vulkan driver");
}

static bool make_commands(struct vulkan *v)
{
	const VkCommandPoolCreateInfo pool = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
	};
	const VkFenceCreateInfo fence = {
		.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
	};
	VkCommandBufferAllocateInfo buffer = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
		.commandBufferCount = 1,
	};

	if (v->vk.CreateCommandPool(v->device, &pool, NULL, &v->pool) ||
	    v->vk.CreateFence(v->device, &fence, NULL, &v->fence))
		return lacks(v, "memory for Vulkan");
	buffer.commandPool = v->pool;
	return !v->vk.AllocateCommandBuffers(v->device, &buffer, &v->commands) ||
	       lacks(v, "memory for Vulkan");
}

/**
 * vulkan_open() - have a device
 * @v: for it; all 0
 *
 * Return: false if that cannot be; v->lack says what is missing.
 */
bool vulkan_open(struct vulkan *v)
{
	return choose_driver(v) && load(v) && make_instance(v) &&
	       make_device(v) && make_commands(v);
}

static void leave(struct vulkan *v)
{
	v->vk.DestroyBuffer(v->device, v->buffer, NULL);
	v->vk.FreeMemory(v->device, v->imported, NULL);
	v->buffer = VK_NULL_HANDLE;
	v->imported = VK_NULL_HANDLE;
	v->memory = NULL;
}

/**
 * vulkan_close() - the opposite, also after a failure
 * @v: the device
 */
void vulkan_close(struct vulkan *v)
{
	if (v->device) {
		leave(v);
		v->vk.DestroyFence(v->device, v->fence, NULL);
		v->vk.DestroyCommandPool(v->device, v->pool, NULL);
		v->vk.DestroyDevice(v->device, NULL);
	}
	if (v->instance)
		v->vk.DestroyInstance(v->instance, NULL);
}

/* The first kind of memory that ours can be. */
static bool import(struct vulkan *v, uint32_t kinds)
{
	const VkMemoryAllocateFlagsInfo flags = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
		.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT,
	};
	const VkImportMemoryHostPointerInfoEXT ours = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
		.pNext = &flags,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
		.pHostPointer = v->memory,
	};
	VkMemoryHostPointerPropertiesEXT can = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT,
	};
	VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &ours,
		.allocationSize = v->size,
	};

	if (v->host_pointer(v->device, ours.handleType, v->memory, &can) ||
	    !(can.memoryTypeBits & kinds))
		return false;
	info.memoryTypeIndex = __builtin_ctz(can.memoryTypeBits & kinds);
	return !v->vk.AllocateMemory(v->device, &info, NULL, &v->imported);
}

static bool make_buffer(struct vulkan *v)
{
	const VkExternalMemoryBufferCreateInfo ours = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &ours,
		.size = v->size,
		.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
			 VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT,
	};
	VkBufferDeviceAddressInfo address = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
	};
	VkMemoryRequirements needs;

	if (v->vk.CreateBuffer(v->device, &info, NULL, &v->buffer))
		return false;
	v->vk.GetBufferMemoryRequirements(v->device, v->buffer, &needs);
	if (!import(v, needs.memoryTypeBits) ||
	    v->vk.BindBufferMemory(v->device, v->buffer, v->imported, 0))
		return false;
	address.buffer = v->buffer;
	v->address = v->vk.GetBufferDeviceAddress(v->device, &address);
	return v->address;
}

/**
 * vulkan_reach() - let programs reach memory of ours, and no longer what was before
 * @v: the device
 * @memory: mapped in whole pages as long as that is so; NULL: none
 * @size: bytes that count
 *
 * Return: false if that cannot be.
 */
bool vulkan_reach(struct vulkan *v, void *memory, uint64_t size)
{
	size = (size + PAGE - 1) / PAGE * PAGE;
	if (v->memory == memory && v->size == size)
		return true;
	leave(v);
	v->memory = memory;
	v->size = size;
	if (!memory || make_buffer(v))
		return true;
	leave(v);
	return lacks(v, "memory that Vulkan can reach");
}
